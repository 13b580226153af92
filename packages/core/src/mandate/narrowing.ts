import type { Allow, AuthorityClass, Limits } from '../mandate.ts'
import { capabilityMatches, effectWithin } from './allowed.ts'
import type { AllowMember } from './allowed.ts'
import { constraintWithin } from './constraint.ts'

const classOrder: readonly AuthorityClass[] = ['autonomous', 'ask', 'user']

/** The stricter of two decision classes. */
export function stricterClass(left: AuthorityClass, right: AuthorityClass): AuthorityClass {
  return classOrder.indexOf(left) >= classOrder.indexOf(right) ? left : right
}

export interface Widened {
  /** Index of the entry in the child's `allow`. */
  readonly entry: number
  /** What is wider than in the parent's entry that comes nearest. */
  readonly member: AllowMember | 'decision'
}

/**
 * Whether every entry of the child lies within one entry of the parent. Entries that only several of the parent's
 * together would cover are refused, so that the answer needs no search: undefined, or the first entry that is wider.
 */
export function widenedAllow(child: readonly Allow[], parent: readonly Allow[]): Widened | undefined {
  for (const [entry, narrow] of child.entries()) {
    let nearest: Widened['member'] = 'target'
    const fits = parent.some((wide) => {
      const member = widenedMember(narrow, wide) ?? widenedClass(narrow, wide)
      if (member === undefined) return true
      if (members.indexOf(member) > members.indexOf(nearest)) nearest = member
      return false
    })
    if (!fits) return { entry, member: nearest }
  }
  return undefined
}

/** The order in which members are compared. */
const members: readonly Widened['member'][] = [
  'target',
  'capability',
  'effect',
  'places',
  'confidentiality',
  'arguments',
  'decision',
]

/** The first member in which the child's entry covers more than the parent's; who decides is not looked at. */
export function widenedMember(child: Allow, parent: Allow): AllowMember | undefined {
  if (parent.target !== '*' && child.target !== parent.target) return 'target'
  if (!capabilityWithin(child.capability, parent.capability)) return 'capability'
  if (
    parent.effect !== undefined &&
    (child.effect === undefined || !effectWithin(child.effect, parent.effect))
  )
    return 'effect'
  const { places } = parent
  if (places !== undefined && child.places?.every((place) => places.includes(place)) !== true) return 'places'
  if (
    parent.confidentiality !== undefined &&
    !((child.confidentiality ?? Infinity) <= parent.confidentiality)
  )
    return 'confidentiality'
  return argumentsWithin(child.arguments, parent.arguments) ? undefined : 'arguments'
}

/** Left out means the catalogue's default, which may be `autonomous`: so it is not tighter than an explicit `ask`. */
function widenedClass(child: Allow, parent: Allow): 'decision' | undefined {
  if (parent.decision === undefined) return child.decision === 'autonomous' ? 'decision' : undefined
  const own = child.decision ?? 'autonomous'
  return classOrder.indexOf(own) < classOrder.indexOf(parent.decision) ? 'decision' : undefined
}

function capabilityWithin(child: string, parent: string): boolean {
  if (!child.endsWith('*')) return capabilityMatches(parent, child)
  return parent.endsWith('*') && child.slice(0, -1).startsWith(parent.slice(0, -1))
}

function argumentsWithin(child: Allow['arguments'], parent: Allow['arguments']): boolean {
  if (parent === undefined) return true
  return Object.keys(parent).every((name) => {
    const wide = parent[name]
    if (wide === undefined) return true
    const narrow = child !== undefined && Object.hasOwn(child, name) ? child[name] : undefined
    return narrow !== undefined && constraintWithin(narrow, wide)
  })
}

/** The first limit that is looser than the parent's; a limit left out is none, but a currency left out is not allowed. */
export function widenedLimit(child: Limits, parent: Limits): keyof Limits | undefined {
  if ((child.calls ?? Infinity) > (parent.calls ?? Infinity)) return 'calls'
  if ((child.bytesOut ?? Infinity) > (parent.bytesOut ?? Infinity)) return 'bytesOut'
  if (parent.money !== undefined && !moneyWithin(child.money, parent.money)) return 'money'
  if (parent.rate === undefined) return undefined
  if (child.rate === undefined) return 'rate'
  // Fewer acts in a period at least as long: every shorter period then has no more either.
  const tighter = child.rate.calls <= parent.rate.calls && child.rate.periodMs >= parent.rate.periodMs
  return tighter ? undefined : 'rate'
}

function moneyWithin(child: Limits['money'], parent: NonNullable<Limits['money']>): boolean {
  if (child === undefined) return false
  return Object.entries(child).every(
    ([currency, minor]) => minor <= (Object.hasOwn(parent, currency) ? parent[currency]! : 0),
  )
}

/** Fills the limits that a child leaves out with its parent's; what is looser stays, for `widenedLimit` to refuse. */
export function inheritLimits(child: Limits, parent: Limits): Limits {
  return { ...parent, ...child }
}

/**
 * Fills what an entry leaves out with the bounds of the parent's entry it belongs to, so that whoever narrows need only
 * name what they tighten. What is wider stays as it is, for `widenedAllow` to refuse.
 */
export function inheritBounds(child: Allow, parent: readonly Allow[]): Allow {
  let filled = child
  for (const wide of parent) {
    filled = { ...wide, ...child }
    if (wide.arguments !== undefined) filled.arguments = { ...wide.arguments, ...child.arguments }
    if (widenedMember(filled, wide) === undefined && widenedClass(filled, wide) === undefined) return filled
  }
  return parent.length === 1 ? filled : child
}
