import type { AgentRecord } from '@ambit/core/record'

/** Where a record is read from again. Values of the environment stand in the vault, here only their names. */
export type RecordSource =
  | { readonly url: string }
  | {
      readonly command: {
        readonly program: string
        readonly args: readonly string[]
        readonly env: readonly string[]
      }
    }

/** Where a record that came as a document is read from: its first interface. */
export function sourceOf(record: AgentRecord): RecordSource {
  const [first] = record.interfaces
  if (first?.command !== undefined) return { command: first.command }
  return { url: first?.url ?? '' }
}
