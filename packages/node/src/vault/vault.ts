/** Credentials for upstreams, per person and record, sealed at rest, never logged, never shown again. */
export interface Vault {
  put(entry: {
    readonly organization: string
    readonly person: string
    readonly record: string
    readonly name: string
    readonly value: string
  }): Promise<void>
  /** The person's own value, or the one the organisation's operator left for everyone (`person: '*'`). Cached in memory. */
  get(organization: string, person: string, record: string, name: string): Promise<string | undefined>
  /** The same from memory alone: undefined when not loaded yet, null when there is none. */
  peek(organization: string, person: string, record: string, name: string): string | null | undefined
  remove(organization: string, person: string, record: string, name: string): Promise<void>
  /** Names only. */
  names(organization: string, person: string, record: string): Promise<readonly string[]>
}
