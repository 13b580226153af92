import type { Interface, Protocol } from '@ambit/core/record'
import type { Ending, LoneAnswer, LoneRequest } from '../net/lone-request.ts'

/** What a heartbeat asks with. It carries no credentials: nobody's secret goes out every few minutes. */
export interface PulseRequest {
  readonly interface: Interface
  /** Where the last heartbeat of this interface was answered, as the adapter said then. */
  readonly address: string | undefined
  /** What the last heartbeat gave as `mark`. */
  readonly mark: string | undefined
  /** Where the record was read from; asked for only when needed, because it is not in memory. */
  readonly source: () => Promise<string | undefined>
  /** One bounded request on a connection of its own. Throws a Fault `upstream.*` or `address.refused`. */
  readonly send: (request: LoneRequest, isEnough?: Ending) => Promise<LoneAnswer>
}

/** A sign of life. */
export interface Beat {
  /** Where to ask next time, when that is not the address of the interface. */
  readonly address?: string
  /** Changes when what the target says of itself has changed (an entity tag, a digest); 128 characters at most. */
  readonly mark?: string
}

/**
 * The cheapest honest question whether an interface is there and speaks its protocol; adapters implement it beside
 * `Describe`. Throws a Fault when it is not. A refusal for want of credentials is an answer.
 */
export interface Pulse {
  readonly protocol: Protocol
  /** Whether an interface is asked at all: some transports have nothing that is cheap and honest. */
  covers(each: Interface): boolean
  beat(request: PulseRequest): Promise<Beat>
}
