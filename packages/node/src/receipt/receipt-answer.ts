import { hash } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { leafSchema } from '@ambit/core/leaf'
import { signPromise } from '@ambit/core/promise'
import type { ActPromise } from '@ambit/core/promise'
import type { Receipt } from '@ambit/core/receipt'
import type { ReceiptAnswer, ReceiptWish } from '@ambit/core/wire/receipt-wish'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { mergeDelayMsMax } from '@ambit/core/promise'
import type { Ledger } from '../ledger/ledger.ts'
import { proveAct } from './act-prover.ts'
import type { LoggedLeaf } from './act-prover.ts'
import { leavesOf } from './log-search.ts'

/** What the answer to a request carries of its act's receipt, for callers that ask for it. */
export interface ReceiptAnswers {
  /** Says at once where the receipt will be. */
  handle(act: string): ReceiptAnswer
  /**
   * What was wished for, of leaves that are durable. Never throws, and never takes longer than the merge delay: then
   * the answer carries less, and says why.
   */
  answer(act: string, wish: ReceiptWish, leaves: readonly LoggedLeaf[]): Promise<ReceiptAnswer>
  /** The same for an act of which only the id is known. */
  find(act: string, wish: ReceiptWish): Promise<ReceiptAnswer>
}

export interface ReceiptAnswerParts {
  readonly ledger: Pick<
    Ledger,
    | 'origin'
    | 'vkey'
    | 'promiseKey'
    | 'prove'
    | 'place'
    | 'sign'
    | 'settle'
    | 'size'
    | 'read'
    | 'readable'
    | 'entries'
  >
  /** Brings what waits on its way to the log into it. */
  settle(): Promise<void>
  readonly clock: Clock
  /** Where the receipt of an act is fetched. */
  readonly urlOf: (act: string) => string
}

export function createReceiptAnswers(parts: ReceiptAnswerParts): ReceiptAnswers {
  const { ledger, clock, urlOf } = parts
  function handle(act: string): ReceiptAnswer {
    return { act, url: urlOf(act), log: ledger.origin }
  }
  async function answer(
    act: string,
    wish: ReceiptWish,
    leaves: readonly LoggedLeaf[],
  ): Promise<ReceiptAnswer> {
    if (wish === 'handle') return handle(act)
    const promised = promiseOf(parts, act, leaves)
    if (wish === 'promise') return { ...handle(act), ...promised }
    const proved = await receiptInTime(parts, act, leaves)
    return 'receipt' in proved ? { ...handle(act), ...proved } : { ...handle(act), ...promised, ...proved }
  }
  return {
    handle,
    answer,
    async find(act, wish) {
      try {
        const leaves = await within(clock, settledLeaves(parts, act))
        if (leaves !== undefined && leaves.length > 0) return await answer(act, wish, leaves)
      } catch (error) {
        return { ...handle(act), why: whyOf(error) }
      }
      return { ...handle(act), why: 'the act was not found in the log in time' }
    },
  }
}

async function settledLeaves(parts: ReceiptAnswerParts, act: string) {
  await parts.settle()
  await parts.ledger.settle()
  return await leavesOf(parts.ledger, act)
}

/** The log's word for the leaves that stand in the log it writes now; those of an earlier log are published already. */
function promiseOf(
  { ledger, clock }: ReceiptAnswerParts,
  act: string,
  leaves: readonly LoggedLeaf[],
): { promise: ActPromise } | { why: string } {
  try {
    const placed = leaves.map(({ index, text }) => ({ place: ledger.place(index), text }))
    const { origin, vkey } = placed.at(-1)!.place
    if (vkey !== ledger.vkey)
      return { why: `the log ${origin} has ended and is published: ask for the receipt of the act` }
    const promised = placed.filter(({ place }) => place.origin === origin)
    const by = ledger.promiseKey
    const said = {
      v: 1,
      type: 'promise',
      act,
      log: { origin, vkey },
      ...(by === undefined ? {} : { by: { vkey: by.vkey, signature: by.signature } }),
      leaves: promised.map(({ place, text }) => ({
        kind: kindOf(text),
        index: place.index,
        hash: leafDigest(text),
      })),
      at: timeText(clock.now()),
      mergeDelayMs: mergeDelayMsMax,
    } as const
    return { promise: signPromise(said, (content) => ledger.sign('promise', content)) }
  } catch (error) {
    return { why: whyOf(error) }
  }
}

async function receiptInTime(
  { ledger, clock }: ReceiptAnswerParts,
  act: string,
  leaves: readonly LoggedLeaf[],
): Promise<{ receipt: Receipt } | { why: string }> {
  try {
    const receipt = await within(clock, proveAct(ledger, act, leaves))
    return receipt === undefined
      ? { why: `the checkpoint was not published within ${mergeDelayMsMax} ms` }
      : { receipt }
  } catch (error) {
    return { why: whyOf(error) }
  }
}

/** Undefined when it takes longer than entries may wait for their checkpoint. */
async function within<Value>(clock: Clock, work: Promise<Value>): Promise<Value | undefined> {
  let stop: () => void = () => undefined
  const late = new Promise<undefined>((resolve) => {
    stop = clock.after(mergeDelayMsMax, () => resolve(undefined))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    stop()
  }
}

function kindOf(text: string): string {
  return leafSchema.parse(JSON.parse(text)).kind
}

function leafDigest(text: string): `sha256:${string}` {
  return `sha256:${hash('sha256', `\0${text}`, 'hex')}`
}

function whyOf(error: unknown): string {
  const { title, detail } = Fault.from(error)
  return `${title}: ${detail}`
}
