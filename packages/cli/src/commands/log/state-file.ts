import { readFile, rename, writeFile } from 'node:fs/promises'
import { Refusal } from '../../refusal.ts'

/** What tells a state from anything else; a schema of `follow-state.ts` is one. */
interface StateSchema<State> {
  safeParse(value: unknown): { readonly success: true; readonly data: State } | { readonly success: false }
}

/** What a monitor wrote at an earlier look; undefined where it has not looked yet. */
export async function readState<State>(path: string, schema: StateSchema<State>): Promise<State | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Refusal(`${path} could not be read`, 'Check that the file is yours.', error)
  })
  if (text === undefined) return undefined
  const parsed = schema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new Refusal(
    `${path} is no state of such a monitor`,
    'Give the file that `ambit log monitor` wrote for this address, or a new name to begin anew.',
  )
}

export async function writeState(path: string, state: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, `${JSON.stringify(state)}\n`)
    await rename(draft, path)
  } catch (error) {
    throw new Refusal(`${path} could not be written`, 'Check that the folder exists and is yours.', error)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No JSON is no state either; the reader of the state says so.
    return undefined
  }
}
