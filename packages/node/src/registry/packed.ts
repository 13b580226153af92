import type { Rulings } from '../ruling/ruling.ts'
import { stateOf } from './roster.ts'
import type { Held } from './roster.ts'
import type { Target, TargetCapability } from './target.ts'

/** What is held of a record, as it lies outside of memory: all but what rulings say, which is asked for when it is read. */
type Packed = Omit<Held, 'target'> & {
  readonly target: Omit<Target, 'capabilities' | 'state' | 'ruling'> & {
    readonly capabilities: readonly TargetCapability[]
  }
}

export function packed(held: Held): string {
  const { state: _state, ruling: _ruling, capabilities, ...target } = held.target
  const form: Packed = { ...held, target: { ...target, capabilities: [...capabilities.values()] } }
  return JSON.stringify(form)
}

/** As rulings have it now. */
export function unpacked(text: string, rulings: Rulings): Held {
  const { target, ...held } = JSON.parse(text) as Packed
  const capabilities = new Map(target.capabilities.map((capability) => [capability.id, capability]))
  return { ...held, target: { ...target, ...stateOf(target.digest, rulings), capabilities } }
}
