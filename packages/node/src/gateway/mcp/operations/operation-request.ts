import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import type { ActHandle, IngressSink, Intake } from '../../gateway.ts'
import type { View } from '../names/view.ts'

/** A client's request of any era that goes on to a server, `tools/call` aside. */
export interface OperationRequest {
  readonly holder: Holder
  readonly view: View
  /** Of the table in `core/wire/mcp/operation.ts`. */
  readonly method: string
  /** As the client sent them, `_meta` included. */
  readonly params: JsonObject
  /** `mcp/2026-07-28` */
  readonly protocolIn: string
  /** The client's message; it is written anew where a name or URI in it is one of this node's. */
  readonly wire: Intake['wire']
  readonly stream: boolean
  readonly trace: string | undefined
  /** The act whose questions this request answers. */
  readonly parent?: string
  readonly callerCapabilities?: Readonly<Record<string, unknown>>
  /** Of no use for a list that several servers make together: each of them has an act of its own. */
  readonly receipt?: ReceiptWish | undefined
  /** The approval that the caller comes back for. */
  readonly claim?: string | undefined
  /** What the caller hands on to the server that answers. */
  readonly delegate?: DelegationWish | undefined
  /** The server, where the caller knows it (a sealed task names its own); else it is found by name or URI. */
  readonly target?: Target
  /** Called before the act is submitted when one server answers the request: whose questions its answer may hold. */
  chosen?(target: Target): void
}

export interface Operations {
  /**
   * Begins the act or, with several servers, the acts that answer the request. The sink hears one end, as of any act:
   * a bad request is an outcome `failed` whose `value` is `{error: {code, message}}`, the JSON-RPC error to answer, and
   * so is a refusal, because only results of `tools/call` have a place for it.
   */
  submit(request: OperationRequest, sink: IngressSink): ActHandle
}
