import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { faultRows } from '@ambit/core/faults/table'
import type { Decision } from '@ambit/core/decision'
import type { Holder } from '../../../authority/authority.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { DataPath } from '../../../kernel/data-path.ts'
import type { Keyring } from '../../../kernel/keyring.ts'
import type { Log } from '../../../kernel/log.ts'
import { createTurns } from '../../../kernel/turns.ts'
import type { Turns } from '../../../kernel/turns.ts'
import type { Target } from '../../../registry/target.ts'
import type { BackAnswer } from '../../back.ts'
import { readBody } from '../../body.ts'
import type { Gateway } from '../../gateway.ts'
import { answerProblem } from '../problem.ts'
import { callbackPrefix, isCallbackId, isToken, sealBody } from './callback.ts'
import type { Callbacks } from './callbacks.ts'
import { pushIntake } from './push-act.ts'
import { readPush, readPushHeaders, tokensIn } from './push-request.ts'
import type { Push } from './push-request.ts'
import type { CallbackRow, PushReader, PushWriter } from './push-store.ts'

/** A state with its artifacts; larger results are fetched with GetTask. */
const bodyBytesMax = 1024 * 1024
/** Pushes being taken at once, each with a body in memory. */
const takingMax = 256
/** What waits for one holder, and from one agent: an hour of a busy task whose receiver is down. */
const perHolderMax = 1000
const perAgentMax = 5000
const perHolderBytesMax = 64 * 1024 * 1024
const retryAfterS = 30

export interface ReceiverParts {
  readonly gateway: Pick<Gateway, 'back'>
  readonly store: PushReader & PushWriter
  readonly callbacks: Pick<Callbacks, 'bind' | 'isOver'>
  readonly holderOf: (row: CallbackRow) => Holder | undefined
  readonly target: (record: string) => Target | undefined
  readonly keyring: Keyring
  readonly clock: Clock
  readonly log: Log
  /** Something waits for this callback now. */
  readonly stored: (callback: string, holder: string) => void
}

/**
 * Takes the pushes of agents at `/a2a/push/<callback>`. Each one that is accepted is an act of the agent towards its
 * caller, decided anew and recorded; it is acknowledged once it is stored, and delivered from there.
 */
export function createReceiver(parts: ReceiverParts): DataPath {
  const turns = createTurns()
  let taking = 0
  return {
    claims: (path) => path.startsWith(callbackPrefix) && isCallbackId(path.slice(callbackPrefix.length)),
    handle(request, response) {
      if (request.method !== 'POST') {
        answerProblem(response, new Fault('request.method', { detail: 'pushes are sent with POST' }), {
          allow: 'POST',
        })
        return
      }
      if (taking >= takingMax) {
        refuse(response, new Fault('act.busy', { detail: `${takingMax} pushes are being taken` }))
        return
      }
      taking++
      take(parts, turns, request, response)
        .catch((error: unknown) => {
          const fault = Fault.from(error)
          if (fault.code === 'internal') parts.log.error('a2a.push-failed', { error: String(error) })
          refuse(response, fault)
        })
        .finally(() => taking--)
    },
  }
}

async function take(
  parts: ReceiverParts,
  turns: Turns,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  const id = (mark < 0 ? url : url.slice(0, mark)).slice(callbackPrefix.length)
  const headers = readPushHeaders(request)
  const row = await parts.store.callback(id)
  if (row === undefined || row.token === null || parts.callbacks.isOver(row))
    throw new Fault('push.unknown', { detail: 'the callback is not known, or over' })
  const tokens = tokensIn(headers)
  if (tokens.length === 0 || !tokens.every((token) => isToken(row, token)))
    throw new Fault('push.token', { detail: 'the token is missing or wrong' })
  const push = readPush(await bodyOf(request))
  // In the order in which they arrived, whatever the store does.
  await turns.take(id, async () => await accept(parts, row, push))
  response.writeHead(202, { 'content-length': 0 })
  response.end()
}

/** Throws a Fault when the push is not accepted. */
async function accept(parts: ReceiverParts, known: CallbackRow, push: Push): Promise<void> {
  const { store, callbacks } = parts
  if (!(await callbacks.bind(known, push.task)))
    throw new Fault('push.invalid', { detail: 'it is about another task than the one of this callback' })
  const row = await store.callback(known.id)
  if (row === undefined) throw new Fault('push.unknown', { detail: 'the callback was deleted' })
  if (push.digest !== null && push.digest === row.last) return
  await refuseFull(parts, row, push)
  const holder = parts.holderOf(row)
  const target = parts.target(row.record)
  if (holder === undefined || target === undefined || row.act === null || row.trace === null) {
    // Nobody is left in whose name it could be decided, or refused.
    throw new Fault('push.unknown', { detail: 'the mandate or the agent it was made for is gone' })
  }
  await storeAsAct(parts, row, push, holder, target)
}

async function storeAsAct(
  parts: ReceiverParts,
  row: CallbackRow,
  push: Push,
  holder: Holder,
  target: Target,
): Promise<void> {
  const { gateway, store, keyring, clock } = parts
  const parties = { holder, target, parent: row.act!, trace: row.trace! }
  const late = row.ended !== null
  const intake = pushIntake(parties, { taskId: push.task, late, event: push.value })
  async function keep(act: string): Promise<BackAnswer> {
    const at = clock.now()
    const kept = await store.add(
      {
        callback: row.id,
        act,
        trace: parties.trace,
        holder: row.holder,
        record: row.record,
        late: late ? 1 : 0,
        body: sealBody(keyring, row.id, push.bytes),
        bytes: push.bytes.length,
        at,
      },
      push.digest,
      push.terminal ? at : null,
    )
    return kept
      ? { status: 'completed' }
      : { status: 'failed', error: { code: 'push.unknown', detail: 'the callback was deleted' } }
  }
  const { answer, decision } = await new Promise<{ answer: BackAnswer; decision: Decision }>((resolve) => {
    gateway.back(intake, {
      deliver(act, answered) {
        keep(act).then(answered, (error: unknown) => {
          parts.log.error('a2a.push-not-stored', { act, error: String(error) })
          answered({
            status: 'failed',
            error: { code: 'store.unavailable', detail: 'it could not be stored' },
          })
        })
        // What is being stored is not taken back: whether it was is known in a moment.
        return () => undefined
      },
      over: (answer, decision) => resolve({ answer, decision }),
    })
  })
  if (answer.status === 'completed') parts.stored(row.id, row.holder)
  else throw faultOf(answer, decision)
}

function faultOf({ error }: BackAnswer, decision: Decision): Fault {
  const refused = decision.class === 'refuse' && decision.reasons.length > 0
  const code = error?.code ?? 'internal'
  const detail = error?.detail ?? 'it was not taken'
  if (refused) return new Fault('act.refused', { detail: `${detail} [${code}]` })
  return new Fault(Object.hasOwn(faultRows, code) ? (code as Fault['code']) : 'act.cancelled', { detail })
}

async function refuseFull({ store }: ReceiverParts, row: CallbackRow, push: Push): Promise<void> {
  const mine = await store.waiting({ holder: row.holder })
  if (mine.pushes >= perHolderMax || mine.bytes + push.bytes.length > perHolderBytesMax)
    throw new Fault('push.full', { detail: `${mine.pushes} wait for this holder` })
  const from = await store.waiting({ record: row.record })
  if (from.pushes >= perAgentMax)
    throw new Fault('push.full', { detail: `${from.pushes} of this agent wait` })
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    if (request.destroyed) reject(new Fault('input.invalid', { detail: 'the body broke off', where: 'body' }))
    readBody(request, bodyBytesMax, (fault, body) => {
      if (fault === undefined) resolve(body)
      else reject(fault)
    })
  })
}

function refuse(response: ServerResponse, fault: Fault): void {
  answerProblem(response, fault, {
    // The body may not have been read.
    connection: 'close',
    ...(fault.status === 401 ? { 'www-authenticate': 'Bearer realm="ambit"' } : {}),
    ...(fault.retryable ? { 'retry-after': String(retryAfterS) } : {}),
  })
}
