import { errorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { ProtocolCapability } from '@ambit/core/wire/mcp/operation'
import type { Clock } from '../../../kernel/clock.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import type { ActHandle, Gateway, IngressSink } from '../../gateway.ts'
import type { SeenServer } from '../names/view.ts'
import { answerError } from './answers.ts'
import type { OperationRequest } from './operation-request.ts'
import type { Rename } from './owner.ts'
import { showingReceipt } from '../receipt-meta.ts'

export interface OperationsOptions {
  readonly gateway: Pick<Gateway, 'submit'>
  readonly keyring: Keyring
  readonly clock: Clock
}

/** Begins the act of one server. `write` puts the params in that server's words. */
export function submitTo(
  { gateway }: Pick<OperationsOptions, 'gateway'>,
  request: OperationRequest,
  id: ProtocolCapability,
  server: SeenServer,
  write: Rename | undefined,
  sink: IngressSink,
): ActHandle {
  const capability = server.capability(id)
  if (capability === undefined) return answerError(sink, unknownMethod)
  const args = argumentsOf(write?.(request.params) ?? request.params)
  return gateway.submit(
    {
      holder: request.holder,
      target: server.target,
      capability,
      arguments: args,
      argumentsText: JSON.stringify(args),
      protocolIn: request.protocolIn,
      wire: write === undefined ? request.wire : rewritten(request.wire, write),
      stream: request.stream,
      operation: request.method,
      ...(request.callerCapabilities === undefined ? {} : { callerCapabilities: request.callerCapabilities }),
      trace: request.trace,
      parent: request.parent,
      place: undefined,
      receipt: request.receipt,
      delegate: request.delegate,
      claim: request.claim,
    },
    showingReceipt(request.receipt, sink, false),
  )
}

/** Without what belongs to the conversation and not to what is asked for. */
function argumentsOf({
  _meta: _ofTheMessage,
  requestState: _theirs,
  inputResponses: _answers,
  ...args
}: JsonObject): JsonObject {
  return args
}

/** The message in the server's words. It may hold more than the params of the request: answers to a server's questions. */
function rewritten(wire: OperationRequest['wire'], write: Rename): OperationRequest['wire'] {
  // What is not sent on needs no bytes.
  if (!wire.forward || !isObject(wire.message)) return wire
  const { params } = wire.message
  const message = { ...wire.message, params: write(isObject(params) ? params : {}) }
  return { ...wire, message, bytes: Buffer.from(JSON.stringify(message)) }
}

export const unknownMethod = {
  code: errorCodes.methodNotFound,
  message: 'no server at this address answers that method',
} as const
