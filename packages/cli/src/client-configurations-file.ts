import { constants } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, isAbsolute } from 'node:path'
import { isTextTooDeep } from '@ambit/core/wire/depth'
import type { ConfigurationPlace } from './client-configurations.ts'
import { plainJson } from './commented-json.ts'
import { parseToml } from './toml.ts'

/** A file that is there: what it holds, or why it was not read. */
export type ConfigurationFile = { readonly path: string } & (
  | { readonly document: unknown }
  | { readonly problem: string }
)

/** One client keeps its history in the same file, which grows to some megabytes. */
const bytesMax = 16 * 1024 * 1024
const filesMax = 50

/** The files of a place; none where nothing is there. A file is never followed out of the folder it belongs to. */
export async function filesAt(place: ConfigurationPlace): Promise<readonly ConfigurationFile[]> {
  if (!basename(place.path).startsWith('*')) return await fileAt(place, place.path)
  const folder = dirname(place.path)
  const names = await namesIn(folder)
  const files: ConfigurationFile[] = []
  for (const name of names.filter((each) => each.endsWith('.json')).slice(0, filesMax)) {
    files.push(...(await fileAt(place, join(folder, name))))
  }
  return files
}

async function fileAt(place: ConfigurationPlace, path: string): Promise<readonly ConfigurationFile[]> {
  const problem = (text: string) => [{ path, problem: text }]
  try {
    const real = await realpath(path)
    const within = relative(await realpath(place.within), real)
    if (within.startsWith('..') || isAbsolute(within)) return problem(`it leads out of ${place.within}`)
    if (place.form === 'yaml') return problem('it is written in YAML, which is not read here')
    const text = await textOf(real)
    if (typeof text !== 'string') return problem(text.problem)
    return [{ path, document: parsed(text, place.form) }]
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    // What stands in it may be secret, so that the words of a parser are not repeated.
    if (error instanceof SyntaxError)
      return problem(place.form === 'toml' ? `it is not TOML: ${error.message}` : 'it is not JSON')
    if (error instanceof RangeError) return problem(error.message)
    return problem(`it could not be read (${codeOf(error)})`)
  }
}

/** Only of a plain file, and no more than its bound: a pipe would never end. */
async function textOf(path: string): Promise<string | { readonly problem: string }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size, isPlain } = await file.stat().then((stat) => ({ size: stat.size, isPlain: stat.isFile() }))
    if (!isPlain) return { problem: 'it is no plain file' }
    if (size > bytesMax) return { problem: `it is larger than ${bytesMax / 1024 / 1024} MB` }
    const buffer = Buffer.alloc(size)
    let filled = 0
    while (filled < size) {
      const { bytesRead } = await file.read(buffer, filled, size - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.toString('utf8', 0, filled)
  } finally {
    await file.close()
  }
}

function parsed(text: string, form: ConfigurationPlace['form']): unknown {
  if (form === 'toml') return parseToml(text)
  const plain = plainJson(text)
  if (isTextTooDeep(plain)) throw new RangeError('it is nested too deeply')
  return JSON.parse(plain)
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted()
  } catch {
    // No such folder: no files.
    return []
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
