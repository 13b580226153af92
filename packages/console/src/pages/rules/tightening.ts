import type { Allow, Mandate } from '@ambit/core/mandate'
import type { Rule } from '../../api/rules.ts'

/** A record by either of its names. */
export interface NamedRecord {
  readonly id: string
  readonly slug: string
}

/**
 * The rules that can make what a mandate allows stricter: those of its person and of the organisation that meet one of
 * its entries. Whether one applies to a call depends on the call, so this is never fewer than it will be.
 */
export function tightening(
  mandate: Pick<Mandate, 'subject' | 'allow'>,
  rules: readonly Rule[],
  records: readonly NamedRecord[],
): readonly Rule[] {
  return rules.filter(
    (rule) =>
      (rule.scope === 'organization' || rule.person === mandate.subject) &&
      mandate.allow.some((entry) => meets(rule, entry, records)),
  )
}

function meets(rule: Rule, entry: Allow, records: readonly NamedRecord[]): boolean {
  return sameTarget(rule.target, entry.target, records) && overlaps(rule.capability, entry.capability)
}

function sameTarget(left: string, right: string, records: readonly NamedRecord[]): boolean {
  if (left === '*' || right === '*' || left === right) return true
  return records.some(({ id, slug }) => (id === left && slug === right) || (id === right && slug === left))
}

/** Whether some capability is meant by both patterns: an id, a prefix ending in `*`, or `*`. */
function overlaps(left: string, right: string): boolean {
  const [one, other] = [prefixOf(left), prefixOf(right)]
  if (one === undefined) return other === undefined ? left === right : left.startsWith(other)
  if (other === undefined) return right.startsWith(one)
  return one.startsWith(other) || other.startsWith(one)
}

function prefixOf(pattern: string): string | undefined {
  return pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
}
