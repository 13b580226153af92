import type { Allow, Limits, Mandate } from '@ambit/core/mandate'
import { inheritBounds, inheritLimits } from '@ambit/core/mandate/narrowing'
import { timeText } from '../kernel/clock.ts'
import type { BookEntry } from './mandate-book.ts'

/** What a child tightens; what is left out is its parent's. */
export interface ChildWish {
  readonly purpose?: string | undefined
  readonly allow?: readonly Allow[] | undefined
  readonly limits?: Limits | undefined
  /** The user's own words. */
  readonly task?: string | undefined
  readonly expiresAt: number
}

export interface ChildFacts {
  readonly id: string
  readonly holder: string
  /** AIC. */
  readonly agent: string | undefined
  readonly now: number
  readonly nonce: string
}

/** The body of a child as its parent's holder signs it. Whether it is narrower is for `childProblem` to say. */
export function childBody(parent: BookEntry, wish: ChildWish, facts: ChildFacts): Mandate {
  const above = parent.body
  const task = wish.task ?? above.task
  return {
    v: 1,
    type: 'mandate',
    id: facts.id,
    issuer: above.holder,
    holder: facts.holder,
    ...(facts.agent === undefined ? {} : { agent: facts.agent }),
    subject: above.subject,
    organization: above.organization,
    parent: above.id,
    purpose: wish.purpose ?? above.purpose,
    allow: wish.allow?.map((entry) => inheritBounds(entry, above.allow)) ?? above.allow,
    limits: inheritLimits(wish.limits ?? {}, above.limits),
    delegate: { ...above.delegate, depthMax: above.delegate.depthMax - 1 },
    ...(task === undefined ? {} : { task }),
    notBefore: timeText(Math.max(facts.now, Date.parse(above.notBefore))),
    expires: timeText(Math.min(wish.expiresAt, parent.expiresAt)),
    nonce: facts.nonce,
  }
}
