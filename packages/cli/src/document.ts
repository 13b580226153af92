import { readFile } from 'node:fs/promises'
import { Refusal } from './refusal.ts'
import type { Terminal } from './terminal.ts'

/** Reads a JSON file, or standard input for `-`. */
export async function readDocument(terminal: Terminal, path: string): Promise<unknown> {
  let text
  try {
    text = path === '-' ? await terminal.input() : await readFile(path, 'utf8')
  } catch (error) {
    throw new Refusal(`${path} could not be read`, 'Check the name; `-` reads standard input.', error)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    throw new Refusal(`${path} is not JSON: ${why}`, 'Correct it at that place and try again.', error)
  }
}

/** Reads a JSON object. */
export async function readObject(
  terminal: Terminal,
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
  const document = await readDocument(terminal, path)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Refusal(`${path} holds no JSON object`, 'It must begin with `{`.')
  }
  return document as Readonly<Record<string, unknown>>
}
