import type { DecisionTable } from '../kernel/catalog.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Store } from '../store/store.ts'
import type { BarSources } from './bars.ts'
import type { Sources } from './decide.ts'
import { createRuleStore } from './rule-store.ts'
import { createRules } from './rules.ts'
import type { Rules } from './rules.ts'
import { createStopStore } from './stop-store.ts'
import { createStops } from './stops.ts'
import type { Stops, StopParts } from './stops.ts'

/** What makes decisions stricter than the chains allow: rules and stops. */
export interface Tightening {
  readonly rules: Rules
  readonly stops: Stops
  sources(table: DecisionTable, targetOf: BarSources['targetOf']): Sources
  close(): void
}

export interface TighteningParts extends Omit<StopParts, 'store'> {
  readonly store: Store
  readonly leaves: LeafWriter
  readonly ids: Ids
}

/** Reads the rules and stops in force. The tables are those of `mandate-store.ts`. */
export async function openTightening(parts: TighteningParts): Promise<Tightening> {
  const rules = createRules({ ...parts, store: createRuleStore(parts.store) })
  const stops = createStops({ ...parts, store: createStopStore(parts.store) })
  await rules.load()
  await stops.load()
  return {
    rules,
    stops,
    sources: (table, targetOf) => ({
      table,
      targetOf,
      rules: rules.book,
      stops: stops.book,
    }),
    close() {
      rules.close()
      stops.close()
    },
  }
}
