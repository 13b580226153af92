import type { Interface, Profile, Protocol } from '@ambit/core/record'

/** What an agent or server says of itself when asked live. Every text in it is data of a third party. */
export interface Described {
  readonly kind: 'agent' | 'tool-server'
  readonly name: string
  readonly description: string
  /** Semantic version where it gives one. */
  readonly version: string | undefined
  readonly provider: { readonly organization: string | undefined; readonly url: string | undefined }
  readonly interfaces: readonly Interface[]
  readonly capabilities: readonly DescribedCapability[]
  /** The document in which it says all this, as it came, where there is one: signatures may be over every letter. */
  readonly document?: string
  /** Things an operator should know, e.g. `card signature does not hold`. */
  readonly remarks: readonly string[]
}

export interface DescribedCapability {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly inputSchema: Readonly<Record<string, unknown>> | undefined
  readonly outputSchema: Readonly<Record<string, unknown>> | undefined
  /** What the upstream hints of its own effect (MCP annotations): may only tighten. */
  readonly hints: {
    readonly readOnly?: boolean
    readonly destructive?: boolean
    readonly openWorld?: boolean
  }
  /** Where the protocol, and not the server, says what it does: then this is what is proposed. */
  readonly profile?: Profile
  /** The whole definition as served, from which the definition digest is made. */
  readonly served: Readonly<Record<string, unknown>>
}

/** Where to look. */
export type DescribeSource =
  | { readonly url: string }
  | {
      readonly command: {
        readonly program: string
        readonly args: readonly string[]
        readonly env: Readonly<Record<string, string>>
      }
    }

/**
 * Reads a live agent or server; adapters implement it, one for each protocol. Throws a Fault when it is not one; where a
 * server wants a sign-in first, the Fault or a cause of it has `extra.challenge` (signin/).
 */
export interface Describe {
  readonly protocol: Protocol
  /** `headers` are credentials to send; they are never logged. */
  describe(
    source: DescribeSource,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Described>
}
