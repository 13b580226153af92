import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { RuleLeaf } from '@ambit/core/leaf'
import { ruleDigest } from '@ambit/core/rule'
import type { Rule, RuleTerms } from '@ambit/core/rule'
import type { Bus } from '../bus/bus.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Caller } from '../kernel/route.ts'
import { createRuleBook } from './rule-book.ts'
import type { RuleBook } from './rule-book.ts'
import type { RuleStore } from './rule-store.ts'

/** Rules of one person, and of one organisation: the decision stays quick with a thousand that concern one call. */
const rulesMax = 2000
const ruleSubject = 'rule.changed'

export interface RuleParts {
  readonly store: RuleStore
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

/** The rules of people and organisations. They only tighten, so that a token may set one; taking one away takes a session. */
export interface Rules {
  readonly book: RuleBook
  readonly store: RuleStore
  /** In force and in the log when it returns. Throws `rule.not-yours`, `rule.over`, `rule.too-many`. */
  set(caller: Caller, terms: RuleTerms): Promise<Rule>
  /** Throws `auth.session-only`, `input.not-found`, `rule.not-yours`. */
  remove(caller: Caller, id: string): Promise<void>
  /** Reads what is in force from the store. */
  load(): Promise<void>
  close(): void
}

export function createRules(parts: RuleParts): Rules {
  const { store, bus, clock } = parts
  const book = createRuleBook()

  async function load(): Promise<void> {
    const before = [...book.entries()].map(({ id }) => id)
    const active = await store.active(clock.now())
    const ids = idsOf(active)
    // What came into the book while it was read stays there.
    for (const id of before) if (!ids.has(id)) book.remove(id)
    const fresh = active.filter(({ id }) => book.get(id) === undefined)
    for (const rule of fresh) book.set(rule)
    if (fresh.length === 0) return
    // What was taken away meanwhile found nothing to take out.
    const still = idsOf(await store.active(clock.now()))
    for (const { id } of fresh) if (!still.has(id)) book.remove(id)
  }

  /** The message only says «look»: what the store has is believed. Gives whether it is in force. */
  async function look(id: string): Promise<boolean> {
    const rule = await store.find(id, clock.now())
    if (rule === undefined) book.remove(id)
    else if (book.get(id) === undefined) book.set(rule)
    return rule !== undefined
  }

  /** Twice: that it was taken away may be heard between reading it and setting it, when there is nothing to take out. */
  async function lookAgain(id: string): Promise<void> {
    if (await look(id)) await look(id)
  }

  const ends = [
    bus.subscribe(ruleSubject, ({ id, step }) => {
      if (typeof id !== 'string' || (step === 'set') === (book.get(id) !== undefined)) return
      lookAgain(id).catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(load),
  ]
  return {
    book,
    store,
    load,
    async set(caller, terms) {
      const rule = ruleOf(parts, caller, terms)
      refuseTooMany(book, rule)
      await writeLeaf(parts, rule, 'set', caller.person)
      await store.insert(rule)
      book.set(rule)
      announce(bus, rule, 'set')
      return rule
    },
    async remove(caller, id) {
      if (caller.by !== 'session')
        throw new Fault('auth.session-only', { detail: 'a token can make rules, but not take them away' })
      const rule = await store.find(id, clock.now())
      if (rule === undefined || rule.organization !== caller.organization)
        throw new Fault('input.not-found', { detail: 'there is no such rule' })
      if (!mayChange(caller, rule)) throw notYours(rule.scope)
      await writeLeaf(parts, rule, 'removed', caller.person)
      await store.remove(id, clock.now(), caller.person)
      book.remove(id)
      announce(bus, rule, 'removed')
    },
    close() {
      for (const end of ends) end()
    },
  }
}

function idsOf(rules: readonly Rule[]): Set<string> {
  return new Set(rules.map(({ id }) => id))
}

function ruleOf({ clock, ids }: RuleParts, caller: Caller, terms: RuleTerms): Rule {
  const now = clock.now()
  if (terms.expires !== undefined && Date.parse(terms.expires) <= now)
    throw new Fault('rule.over', { detail: 'its end lies in the past', where: 'expires' })
  const rule: Rule = {
    v: 1,
    type: 'rule',
    id: namedId(ids, 'ru'),
    organization: caller.organization,
    person: caller.person,
    created: timeText(now),
    ...terms,
  }
  if (!mayChange(caller, rule)) throw notYours(rule.scope)
  return rule
}

function mayChange(caller: Caller, rule: Rule): boolean {
  return rule.scope === 'organization' ? caller.roles.includes('owner') : rule.person === caller.person
}

function notYours(scope: Rule['scope']): Fault {
  const detail =
    scope === 'organization'
      ? 'only an owner makes rules for the organisation, and takes them away'
      : 'only the person who made it takes it away'
  return new Fault('rule.not-yours', { detail })
}

function refuseTooMany(book: RuleBook, { scope, organization, person }: Rule): void {
  let same = 0
  for (const other of book.entries()) {
    if (other.scope !== scope || other.organization !== organization) continue
    if (scope === 'organization' || other.person === person) same++
  }
  if (same >= rulesMax) throw new Fault('rule.too-many', { detail: `there are ${rulesMax} rules at most` })
}

function announce(bus: Bus, { id, organization }: Rule, step: RuleLeaf['step']): void {
  bus.publish(ruleSubject, { id, organization, step })
}

async function writeLeaf(
  { leaves, clock }: RuleParts,
  rule: Rule,
  step: RuleLeaf['step'],
  person: string,
): Promise<void> {
  const leaf: RuleLeaf = {
    v: 1,
    kind: 'rule',
    at: timeText(clock.now()),
    rule: rule.id,
    step,
    digest: await digestOfTerms(rule),
    person,
  }
  await leaves.write(canonicalJson(leaf))
}

/** Text with a lone surrogate has no canonical form, so it has no digest. */
async function digestOfTerms(rule: Rule): Promise<RuleLeaf['digest']> {
  try {
    return await ruleDigest(rule)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new Fault('input.invalid', { detail: 'a text is not well-formed Unicode', cause: error })
  }
}
