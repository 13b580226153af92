import type { Allow, AuthorityClass, Constraint, Mandate } from '@ambit/core/mandate'
import { effectWithin } from '@ambit/core/mandate/allowed'
import type { AllowMember, AllowQuestion } from '@ambit/core/mandate/allowed'
import { constraintHolds } from '@ambit/core/mandate/constraint'
import type { Words } from '@ambit/core/mandate/words'
import { widenedMember } from '@ambit/core/mandate/narrowing'
import type { Effect } from '@ambit/core/record'

/** An allow entry, ready to be asked many times. */
export interface CompiledEntry {
  readonly allow: Allow
  /** Capability pattern without its `*`; undefined for an exact one. */
  readonly prefix: string | undefined
  /** Whether it covers every call of its capability: no bound on arguments, place or data. */
  readonly free: boolean
  readonly names: readonly string[]
  readonly bounds: readonly Constraint[]
  /** Entries of the same mandate that lie strictly within this one: where one of them covers a call, it decides. */
  readonly narrower: ReadonlySet<CompiledEntry>
  readonly decision: AuthorityClass | undefined
}

interface TargetIndex {
  readonly exact: Map<string, CompiledEntry[]>
  readonly patterns: CompiledEntry[]
}

/** A mandate's entries, indexed by exact target and capability; patterns stand apart. Equal in effect to `allowed`. */
export interface CompiledMandate {
  readonly id: string
  readonly byTarget: ReadonlyMap<string, TargetIndex>
}

export function compileMandate(mandate: Pick<Mandate, 'id' | 'allow'>): CompiledMandate {
  const entries = mandate.allow.map(compileEntry)
  for (const wide of entries) {
    for (const narrow of entries) {
      if (wide === narrow || widenedMember(narrow.allow, wide.allow) !== undefined) continue
      if (widenedMember(wide.allow, narrow.allow) !== undefined) wide.narrower.add(narrow)
    }
  }
  const byTarget = new Map<string, TargetIndex>()
  for (const entry of entries) {
    const index: TargetIndex = byTarget.get(entry.allow.target) ?? { exact: new Map(), patterns: [] }
    byTarget.set(entry.allow.target, index)
    if (entry.prefix !== undefined) {
      index.patterns.push(entry)
      continue
    }
    const same = index.exact.get(entry.allow.capability)
    if (same === undefined) index.exact.set(entry.allow.capability, [entry])
    else same.push(entry)
  }
  return { id: mandate.id, byTarget }
}

function compileEntry(allow: Allow): Omit<CompiledEntry, 'narrower'> & { narrower: Set<CompiledEntry> } {
  const bounds = Object.entries(allow.arguments ?? {})
  return {
    allow,
    prefix: allow.capability.endsWith('*') ? allow.capability.slice(0, -1) : undefined,
    free: bounds.length === 0 && allow.places === undefined && allow.confidentiality === undefined,
    names: bounds.map(([name]) => name),
    bounds: bounds.map(([, bound]) => bound),
    narrower: new Set<CompiledEntry>(),
    decision: allow.decision,
  }
}

/** The entries that name the target and the capability, whatever their ceiling of effect. */
export function matchingEntries(
  mandate: CompiledMandate,
  target: AllowQuestion['target'],
  capability: string,
): CompiledEntry[] {
  const found: CompiledEntry[] = []
  collect(mandate.byTarget.get(target.slug), capability, found)
  collect(mandate.byTarget.get(target.id), capability, found)
  collect(mandate.byTarget.get('*'), capability, found)
  return found
}

/** Whether some entry names the target. */
export function namesTarget(
  { byTarget }: CompiledMandate,
  target: Pick<AllowQuestion['target'], 'id' | 'slug'>,
): boolean {
  return byTarget.has(target.slug) || byTarget.has(target.id) || byTarget.has('*')
}

function collect(index: TargetIndex | undefined, capability: string, found: CompiledEntry[]): void {
  if (index === undefined) return
  const exact = index.exact.get(capability)
  if (exact !== undefined) found.push(...exact)
  for (const entry of index.patterns) if (capability.startsWith(entry.prefix!)) found.push(entry)
}

/** Whether the entry's ceiling lets the effect through. */
export function effectAllowed(entry: CompiledEntry, effect: Effect): boolean {
  return effectWithin(effect, entry.allow.effect)
}

/** The bound that a call exceeds, as `boundExceeded` of core says it; makes no objects. */
export function entryExceeded(
  entry: CompiledEntry,
  values: unknown,
  place: string | undefined,
  confidentiality: number,
  words: Words | undefined,
): AllowMember | undefined {
  if (entry.free) return undefined
  const { allow, names, bounds } = entry
  if (allow.places !== undefined && (place === undefined || !allow.places.includes(place))) return 'places'
  if (allow.confidentiality !== undefined && !(confidentiality <= allow.confidentiality))
    return 'confidentiality'
  if (names.length === 0) return undefined
  if (typeof values !== 'object' || values === null) return 'arguments'
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!
    if (!Object.hasOwn(values, name)) return 'arguments'
    const value = (values as Readonly<Record<string, unknown>>)[name]
    if (!constraintHolds(bounds[at]!, value, words)) return 'arguments'
  }
  return undefined
}
