import { readFile } from 'node:fs/promises'
import { Refusal } from './refusal.ts'

/** A client's configuration file: made anew, or with one more server where it is there already. */
export async function clientFile(path: string): Promise<{ path: string; with: (config: string) => string }> {
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return { path, with: (config) => `${config.trimEnd()}\n` }
    }
    throw new Refusal(`${path} could not be read`, 'Check that it is yours, or leave --write out.', error)
  }
  const present = parseObject(text)
  const unable = new Refusal(
    `${path} is there already and cannot be added to`,
    'Leave --write out and put what is printed into the file yourself.',
  )
  if (present === undefined) throw unable
  return {
    path,
    with(config) {
      const added = parseObject(config)
      if (added === undefined) throw unable
      return `${JSON.stringify(merge(present, added), null, 2)}\n`
    },
  }
}

/** Members that are objects on both sides keep theirs and get the new ones; any other is replaced. */
function merge(present: object, added: object): object {
  const entries = Object.entries(added).map(([name, value]): [string, unknown] => {
    const before: unknown = new Map(Object.entries(present)).get(name)
    return [name, isObject(before) && isObject(value) ? { ...before, ...value } : value]
  })
  return { ...present, ...Object.fromEntries(entries) }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    // Some clients keep comments in their JSON; such a file is the person's to edit.
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
