import type { Outcome } from '@ambit/core/act'
import { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { metaKeys, methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import type { Target } from '../../../registry/target.ts'
import type { BackAnswer, BackQuestion } from '../../back.ts'
import type { ActHandle, IngressSink, Intake } from '../../gateway.ts'
import type { IngressParts } from '../ingress-parts.ts'
import { answeredIntakes, backIntakes, isInputRequired, readInputRequired } from '../input-required.ts'
import type { Asking, InputRequest, InputRequired } from '../input-required.ts'
import { serverSink } from '../operations/server-sink.ts'
import type { LegacyExchange } from './exchange.ts'
import type { Visit } from './visit.ts'

/** Rounds of one request: a long form takes a dozen, and a server that never has enough is stopped. */
const roundsMax = 32
/** A person may have to think; as long as one question within an act may take (gateway/back.ts). */
const answersMsMax = 600_000

/** A request that may have to be made again, with the answers to a server's questions. */
export interface Submission {
  /** The server; undefined until it was found by the request itself, or when several were asked. */
  target: Target | undefined
  readonly method: string
  /** As the client knows them, or as the server does: `submit` reads both. */
  readonly params: JsonObject
  /** Of the first act and all that follow it. */
  trace: string | undefined
  rounds: number
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
  submission.rounds += 1
  submission.trace ??= act
  const why = typeof required === 'string' ? required : whyNoRound(submission)
  const { target } = submission
  if (typeof required === 'string' || why !== undefined || target === undefined) {
    exchange.failed(new Fault('upstream.invalid', { detail: `the server's question is none: ${why}` }))
    return true
  }
  const asking: Asking = {
    holder: visit.holder,
    target,
    parent: act,
    trace: submission.trace,
    protocolOut: `mcp/${visit.version}`,
  }
  goOn(parts, visit, submission, exchange, { target, asking, required }).catch((error: unknown) =>
    exchange.failed(Fault.from(error)),
  )
  return true
}

function whyNoRound({ target, rounds }: Submission): string | undefined {
  if (target === undefined) return 'it asks while several servers were asked'
  return rounds > roundsMax ? `it asks for more than ${roundsMax} rounds` : undefined
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
  const intakes = backIntakes(asking, requests)
  const refused = await parts.gateway.judgeBack(intakes)
  if (exchange.over) return
  if (refused !== undefined) {
    // Only results of a tool call have a place for a refusal.
    const isCall = submission.method === methods.toolsCall
    serverSink(visit.view, target.slug, exchange, isCall).refused(refused, asking.parent)
    return
  }
  const answers = await putAll(
    parts,
    intakes.map(({ question }) => question),
    exchange,
  )
  if (exchange.over) return
  const responses = responsesOf(requests, answers)
  await parts.gateway.answeredBack(answeredIntakes(asking, requests, responses))
  if (exchange.over) return
  const wire = nextMessage(parts, visit, submission, required, responses)
  exchange.begin(submission.submit({ parent: asking.parent, target, wire }, exchange))
}

/**
 * Puts all questions to the client. Resolves when all are answered, one cannot be, it takes too long, or the exchange
 * ends; the questions that are open then are taken back, and have no answer.
 */
async function putAll(
  parts: IngressParts,
  questions: readonly BackQuestion[],
  exchange: LegacyExchange,
): Promise<readonly (BackAnswer | undefined)[]> {
  if (!questions.every((question) => exchange.canAnswer(question))) return questions.map(() => cannot)
  const answers = questions.map((): BackAnswer | undefined => undefined)
  if (questions.length === 0) return answers
  await new Promise<void>((resolve) => {
    const open = new Map<number, () => void>()
    let left = questions.length
    let over = false
    const finish = () => {
      if (over) return
      over = true
      stopTimer()
      for (const withdraw of open.values()) withdraw()
      resolve()
    }
    const stopTimer = parts.clock.after(answersMsMax, finish)
    exchange.between = finish
    for (const [at, question] of questions.entries()) {
      const withdraw = exchange.asks(question, parts.ids.next(), (answer) => {
        open.delete(at)
        answers[at] = answer
        left -= 1
        if (left === 0 || answer.status !== 'completed') finish()
      })
      if (withdraw === undefined) answers[at] = cannot
      else open.set(at, withdraw)
    }
    if (answers.includes(cannot)) finish()
  })
  exchange.between = undefined
  return answers
}

const cannot: BackAnswer = {
  status: 'failed',
  error: { code: 'caller.cannot-answer', detail: 'this client does not take such requests' },
}

/** By the server's own names. Throws a Fault when one of the questions is not answered. */
function responsesOf(
  requests: readonly InputRequest[],
  answers: readonly (BackAnswer | undefined)[],
): Record<string, unknown> {
  const entries = requests.map(({ key, method }, at) => {
    const answer = answers[at]
    if (answer?.status === 'completed') return [key, answer.value]
    const first = answers.find((each) => each !== undefined && each.status !== 'completed')
    const why = (answer ?? first)?.error?.detail ?? 'it took too long'
    throw new Fault('upstream.invalid', {
      detail: `the server asked its client for \`${method}\`, and there is no answer: ${why}`,
    })
  })
  // A server may call a question `__proto__`.
  return Object.fromEntries(entries) as Record<string, unknown>
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
