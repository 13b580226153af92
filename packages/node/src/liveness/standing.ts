import type { LivenessState } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import type { InterfaceBytes } from './state.ts'

/** Of those who hear nothing good of a record; the others need no place in memory. */
export function isTrouble(state: LivenessState): boolean {
  return state === 'dead' || state === 'differs'
}

export function standingOf(interfaces: readonly InterfaceBytes[], differs: boolean): LivenessState {
  const asked = interfaces.filter(({ state }) => state !== 'unknown')
  if (asked.length > 0 && asked.every(({ state }) => state === 'dead')) return 'dead'
  if (differs) return 'differs'
  if (asked.length === 0) return 'unknown'
  return asked.every(({ state }) => state === 'alive') ? 'alive' : 'failing'
}

/**
 * How far up a record belongs among others that fit as well, from 0 to 1: the dead and the lying sink, and of those that
 * live the reliable rise. What was never asked is neither.
 */
export function rankOf(state: LivenessState, availability: number | undefined): number {
  if (state === 'dead') return 0.05
  if (state === 'differs') return 0.3
  if (state === 'unknown') return 0.7
  const reliable = 0.5 + 0.5 * (availability ?? 1)
  return state === 'failing' ? 0.8 * reliable : reliable
}

/** Capabilities whose definition the server changed, or that it serves no longer. */
export function differing(target: Target): string[] {
  return [...target.capabilities.values()].filter(({ held }) => held).map(({ id }) => id)
}
