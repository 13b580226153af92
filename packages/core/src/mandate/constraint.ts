import type { Constraint } from '../mandate.ts'

/**
 * A `..` step in a path, plain or percent-encoded any number of times, between separators of either kind. A value that
 * has one leaves whatever its prefix promises, so no prefix covers it.
 */
const parentStep = /(?:^|[/\\]|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){2}(?:$|[/\\?#;]|%(?:25)*(?:2f|5c))/i

/**
 * Whether a value keeps to a constraint. Never throws. Objects, arrays, missing and non-finite values keep to none that
 * has a member; the empty constraint asks only that the argument is there.
 */
export function constraintHolds(constraint: Constraint, value: unknown): boolean {
  const { eq, in: list, prefix, max, min } = constraint
  if (value === undefined) return false
  if (eq !== undefined && value !== eq) return false
  if (list !== undefined && !(list as readonly unknown[]).includes(value)) return false
  if (prefix !== undefined) {
    if (typeof value !== 'string' || !value.startsWith(prefix) || parentStep.test(value)) return false
  }
  if (max === undefined && min === undefined) return true
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  return (max === undefined || value <= max) && (min === undefined || value >= min)
}

/**
 * Whether every value that keeps to the child also keeps to the parent. Exact where the child lists its values (`eq`,
 * `in`); otherwise member by member, which may say no to a child that is narrower in a way not visible here.
 */
export function constraintWithin(child: Constraint, parent: Constraint): boolean {
  const listed = child.eq !== undefined ? [child.eq] : child.in
  if (listed !== undefined) {
    return listed.every((value) => !constraintHolds(child, value) || constraintHolds(parent, value))
  }
  if (parent.eq !== undefined || parent.in !== undefined) return false
  if (parent.prefix !== undefined && child.prefix?.startsWith(parent.prefix) !== true) return false
  if (parent.max !== undefined && (child.max === undefined || child.max > parent.max)) return false
  return parent.min === undefined || (child.min !== undefined && child.min >= parent.min)
}
