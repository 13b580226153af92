import { Fault } from '@ambit/core/fault'
import { limits } from '../kernel/limits.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { ApprovalBody, ApprovalReader } from './approval-store.ts'
import type { Pending, Suspended } from './approval.ts'
import type { Card } from './card.ts'

export type KeptOutcome = NonNullable<Pending['outcome']>

/** Seals what an approval holds, each part to its own row; opens it again while it is kept. */
export interface Safe {
  seal(id: string, suspended: Suspended, card: Card): ApprovalBody
  sealOutcome(id: string, outcome: KeptOutcome): Buffer
  suspended(id: string): Promise<Suspended | undefined>
  card(id: string): Promise<Card | undefined>
  outcome(id: string): Promise<KeptOutcome | undefined>
}

export function createSafe(keyring: Keyring, store: Pick<ApprovalReader, 'body'>): Safe {
  function close(part: string, id: string, value: unknown): Buffer {
    return keyring.seal(`approval.${part}`, id, text(value))
  }
  /** What opens was sealed here, for this row and part, so it is of the type that was sealed. */
  async function open(part: 'act' | 'card' | 'outcome', id: string): Promise<unknown> {
    const sealed = await store.body(id, part)
    return sealed && JSON.parse(keyring.open(`approval.${part}`, id, sealed).toString('utf8'))
  }
  return {
    seal: (id, suspended, card) => ({ act: close('act', id, suspended), card: close('card', id, card) }),
    sealOutcome(id, outcome) {
      const { answer, status } = outcome
      const kept = answer === undefined || Buffer.byteLength(answer) <= limits.answerBytesMax
      const error = { code: 'input.too-large', detail: 'the answer was larger than this node keeps' }
      return close('outcome', id, kept ? outcome : { status, error })
    },
    suspended: async (id) => (await open('act', id)) as Suspended | undefined,
    card: async (id) => (await open('card', id)) as Card | undefined,
    outcome: async (id) => (await open('outcome', id)) as KeptOutcome | undefined,
  }
}

function text(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw new Fault('input.invalid', { detail: 'the act cannot be written as JSON', cause: error })
  }
}
