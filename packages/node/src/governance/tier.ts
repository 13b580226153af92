import type { Effect } from '@ambit/core/record'
import type { Catalog, Tier } from '../kernel/catalog.ts'

const order: readonly Tier[] = ['low', 'medium', 'high']

/** What a tier is told from. */
export interface TierSubject {
  readonly scenarios: readonly string[]
  /** Effects of the capabilities, as far as they are in force. */
  readonly effects: readonly Effect[]
}

/** The risk tier of a record: the highest that any of its effects or scenarios gives (`catalog/tiers.json`). */
export function tierOf(subject: TierSubject, catalog: Pick<Catalog, 'tiers' | 'scenarios'>): Tier {
  const { tiers, scenarios } = catalog
  const found: Tier[] = subject.effects.map((effect) => tiers.effects[effect])
  for (const id of subject.scenarios) {
    const scenario = scenarios.get(id)
    if (scenario === undefined) found.push(tiers.unknownScenario)
    else found.push(scenario.sensitive ? tiers.sensitiveScenario : tiers.otherScenario)
  }
  return order.findLast((tier) => found.includes(tier)) ?? 'low'
}
