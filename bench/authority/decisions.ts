import type { Question } from '@ambit/node/authority/authority'
import { grant } from '@ambit/node/authority/authority'
import { holderOf, tokenFor } from '@ambit/node/authority/authority-fixture'
import { capabilityOf, targetOf } from '@ambit/node/authority/decide-fixture'
import type { Caller } from '@ambit/node/kernel/route'
import type { RuleTerms } from '@ambit/core/rule'
import { entries, request } from './world.ts'
import type { World } from './world.ts'

const entryCount = 20
const warmUps = 20_000
const measured = 100_000

export interface DecisionTimes {
  readonly p50Us: number
  readonly p99Us: number
  readonly rules: number
  /** Of a hundred answers: those that a rule decided. */
  readonly byRulePct: number
}

/**
 * Whole decisions of the authority (stops, record, chain, catalogue, rules) over a mandate with twenty entries, with so
 * many standing rules of mixed shapes beside it, of which all that can concern a call are of the capabilities called.
 */
export async function measureDecisions(world: World, rules: number): Promise<DecisionTimes> {
  const { authority, person, clock } = world
  const root = await grant(authority.mandates, request(person, clock, { allow: entries(entryCount) }))
  const { token } = await tokenFor(authority, root.body.id, person)
  const { chain } = holderOf(authority.authenticate(token))
  const caller: Caller = { person, organization: 'main', roles: ['owner'], by: 'session' }
  for (let at = 0; at < rules; at++) await authority.rules.set(caller, ruleAt(at))
  const asked = questions({ chain, now: clock.now() })
  const times = new Float64Array(measured)
  let byRule = 0
  for (let each = -warmUps; each < measured; each++) {
    const question = asked[(each + warmUps) % asked.length]!
    const start = performance.now()
    const decision = authority.decide(question)
    const took = performance.now() - start
    if (each < 0) continue
    times[each] = took * 1000
    if (decision.reasons.some(({ rule }) => rule.startsWith('ru_'))) byRule++
  }
  times.sort()
  return {
    p50Us: times[measured >> 1]!,
    p99Us: times[Math.floor(measured * 0.99)]!,
    rules: authority.rules.book.size,
    byRulePct: (byRule / measured) * 100,
  }
}

/** Single recipients, domains, sums, times of life, places, other tools, everything grave: in equal parts. */
function ruleAt(at: number): RuleTerms {
  const common = { scope: at % 2 === 0 ? 'mine' : 'organization', decision: 'ask' } as const
  const shop = { ...common, target: 'shop', capability: 'pay' }
  const shapes: readonly RuleTerms[] = [
    { ...shop, arguments: { to: { eq: `eve-${at}@example.com` } } },
    { ...shop, arguments: { to: { prefix: `https://${at}.example/` } }, decision: 'refuse' },
    { ...shop, amountAbove: { currency: 'EUR', minor: 5000 + at * 10 }, obligations: ['second-person'] },
    { ...shop, capability: 'p*', arguments: { amount: { min: 100_000 + at } } },
    { ...common, target: '*', capability: 'send', places: [`site-${at}`] },
    { ...common, target: '*', capability: '*', effect: 'identity', decision: 'user' },
    { ...common, target: `tool-${at}`, capability: '*' },
    { ...shop, arguments: { to: { in: [`mal-${at}`, `eve-${at}`] }, note: { prefix: 'urgent' } } },
  ]
  return shapes[at % shapes.length]!
}

/** Calls of three capabilities: to many recipients, of many sums, now and then one that a rule is about. */
function questions(common: Pick<Question, 'chain' | 'now'>): Question[] {
  const money = { amount: 'amount', currency: { code: 'EUR' }, unit: 'minor' } as const
  const pay = capabilityOf('pay', { effect: 'pay', reversibility: 2, money })
  const send = capabilityOf('send')
  const read = capabilityOf('read_orders', { effect: 'read' })
  const target = targetOf({ slug: 'shop' })
  const labels = { integrity: 3, confidentiality: 1 } as const
  return Array.from({ length: 997 }, (_, at) => ({
    ...common,
    target,
    capability: [pay, pay, send, read][at % 4]!,
    arguments: {
      to: at % 10 === 0 ? `eve-${at % 1000}@example.com` : `ann-${at}@example.com`,
      amount: at * 6,
    },
    labels,
    place: 'office',
  }))
}
