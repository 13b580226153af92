import type { Outcome } from '@ambit/core/act'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, modernVersion } from '@ambit/core/wire/mcp/methods'
import type { Target } from '../../../registry/target.ts'
import type { BackAnswer } from '../../back.ts'
import type { ActHandle, IngressSink, Intake } from '../../gateway.ts'
import type { IngressParts } from '../ingress-parts.ts'
import { answeredIntakes, backIntakes, isInputRequired, readInputRequired } from '../input-required.ts'
import type { Asking, InputRequest, InputRequired } from '../input-required.ts'
import type { LegacyExchange } from './exchange.ts'
import type { Visit } from './visit.ts'

/** A request that may have to be made again, with the answers to a server's questions. */
export interface Submission {
  /** The server; undefined when it is found by the request itself. */
  readonly target: Target | undefined
  readonly method: string
  /** As the server knows them. */
  readonly params: JsonObject
  submit(round: Round | undefined, sink: IngressSink): ActHandle
}

export interface Round {
  readonly parent: string
  readonly target: Target
  readonly wire: Intake['wire']
}

/**
 * A server of 2026-07-28 answered with questions (`input_required`), which a client of the older eras hears as requests
 * on its stream. Their answers go back with the same request made again. False when the outcome is an answer.
 */
export function startRound(
  parts: IngressParts,
  visit: Visit,
  submission: Submission,
  exchange: LegacyExchange,
  { outcome, act }: { readonly outcome: Outcome; readonly act: string },
): boolean {
  const result = resultOf(outcome)
  if (!isInputRequired(result)) return false
  const required = readInputRequired(result)
  const { target } = submission
  if (typeof required === 'string' || target === undefined) {
    const why = typeof required === 'string' ? required : 'it asks while several servers were asked'
    exchange.failed(new Fault('upstream.invalid', { detail: `the server's question is none: ${why}` }))
    return true
  }
  const asking: Asking = {
    holder: visit.holder,
    target,
    parent: act,
    trace: act,
    protocolOut: `mcp/${visit.version}`,
  }
  goOn(parts, visit, submission, exchange, { target, asking, required }).catch((error: unknown) =>
    exchange.failed(Fault.from(error)),
  )
  return true
}

interface Going {
  readonly target: Target
  readonly asking: Asking
  readonly required: InputRequired
}

async function goOn(
  parts: IngressParts,
  visit: Visit,
  submission: Submission,
  exchange: LegacyExchange,
  { target, asking, required }: Going,
): Promise<void> {
  const { requests } = required
  const refused: Decision | undefined = await parts.gateway.judgeBack(backIntakes(asking, requests))
  if (refused !== undefined) {
    exchange.refused(refused, asking.parent)
    return
  }
  const responses = await putAll(parts, asking, requests, exchange)
  if (exchange.over) return
  await parts.gateway.answeredBack(answeredIntakes(asking, requests, responses))
  if (exchange.over) return
  const wire = nextMessage(parts, visit, submission, required, responses)
  exchange.begin(submission.submit({ parent: asking.parent, target, wire }, exchange))
}

/** Throws a Fault when one of the questions is not answered. */
async function putAll(
  parts: IngressParts,
  asking: Asking,
  requests: readonly InputRequest[],
  exchange: LegacyExchange,
): Promise<Record<string, unknown>> {
  const intakes = backIntakes(asking, requests)
  const answers = await Promise.all(
    intakes.map(
      async ({ question }) =>
        await new Promise<BackAnswer>((resolve) => {
          if (exchange.asks(question, parts.ids.next(), resolve) === undefined) resolve(cannot)
        }),
    ),
  )
  const responses: Record<string, unknown> = {}
  for (const [at, answer] of answers.entries()) {
    if (answer.status !== 'completed') {
      throw new Fault('upstream.invalid', {
        detail: `the server asked its client for \`${requests[at]!.method}\`, and there is no answer: ${answer.error?.detail ?? ''}`,
      })
    }
    responses[requests[at]!.key] = answer.value
  }
  return responses
}

const cannot: BackAnswer = {
  status: 'failed',
  error: { code: 'caller.cannot-answer', detail: 'this client does not take such requests' },
}

/** The request as a client of 2026-07-28 would make it again. */
function nextMessage(
  parts: IngressParts,
  visit: Visit,
  submission: Submission,
  required: InputRequired,
  responses: Record<string, unknown>,
): Intake['wire'] {
  const { _meta: _own, ...params } = submission.params
  const message = {
    jsonrpc: '2.0',
    id: parts.ids.next(),
    method: submission.method,
    params: {
      ...params,
      inputResponses: responses,
      ...(required.state === undefined ? {} : { requestState: required.state }),
      _meta: {
        [metaKeys.protocolVersion]: modernVersion,
        [metaKeys.clientCapabilities]: visit.session?.capabilities ?? {},
        [metaKeys.clientInfo]: parts.serverInfo,
      },
    },
  }
  return {
    protocol: `mcp/${modernVersion}`,
    message,
    bytes: Buffer.from(JSON.stringify(message)),
    forward: true,
  }
}

/** The bare result, also where it came as the answer to a message of the newer form. */
function resultOf(outcome: Outcome): unknown {
  if (outcome.value !== undefined || outcome.wire === undefined) return outcome.value
  const message: unknown = JSON.parse(Buffer.from(outcome.wire).toString('utf8'))
  return isObject(message) ? message['result'] : undefined
}
