import type { LoneAnswer, LoneRequest, Ending } from '../net/lone-request.ts'

/** Something at an open port that speaks a protocol of agents. Texts are a third party's: cut, and shown as data. */
export interface Seen {
  readonly protocol: 'mcp' | 'a2a'
  /** What to register. */
  readonly url: string
  readonly transport: 'streamable-http' | 'sse' | 'card'
  /** Of the protocol. */
  readonly version?: string
  readonly name?: string
  /** It did not say who it is, because it wants to know who asks. */
  readonly wantsCredentials?: true
}

/** One bounded request to the port that is looked at; undefined where no answer came that could be read. */
export type Ask = (
  request: Pick<LoneRequest, 'method' | 'headers' | 'body'> & { readonly path: string },
  isEnough?: Ending,
) => Promise<LoneAnswer | undefined>

const textCharactersMax = 200

/** Text of a third party, cut; left out where it is none. */
export function said<K extends string>(key: K, value: unknown): { readonly [k in K]?: string } {
  if (typeof value !== 'string' || value === '') return {}
  return { [key]: value.slice(0, textCharactersMax).toWellFormed() } as { readonly [k in K]?: string }
}

/** The JSON object of an answer that came whole; what is compressed is not unpacked, because nobody asked for that. */
export function objectIn(
  { body, isCut, headers }: LoneAnswer,
  text = body.toString('utf8'),
): Readonly<Record<string, unknown>> | undefined {
  if (isCut || (headers['content-encoding'] ?? 'identity') !== 'identity') return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    // Whatever is no JSON is nothing that is looked for.
    return undefined
  }
}
