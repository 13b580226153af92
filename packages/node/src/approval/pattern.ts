import { canonicalJson } from '@ambit/core/canonical'
import type { Role } from '@ambit/core/record'
import { namedArguments, roleOf } from './card-arguments.ts'
import type { Suspended } from './suspended.ts'

/** Which later calls one approval stands for: everything else is asked about as before. */
export interface Pattern {
  readonly organization: string
  readonly subject: string
  readonly holder: string
  /** Ids of the lasting mandates. */
  readonly links: readonly string[]
  readonly slug: string
  /** Digest of the version of the record. */
  readonly target: string
  readonly capability: string
  readonly definition: string
  readonly effect: string
  readonly reversibility: number
  /** What asked: another rule that asks later is not answered by this. */
  readonly rules: readonly string[]
  /** Arguments that must be the same to the last character, in canonical form (RFC 8785). */
  readonly fixed: Readonly<Record<string, string>>
  /** Those of them that are not shown. */
  readonly secrets: readonly string[]
  /** Numbers that may be smaller, down to zero. */
  readonly atMost: Readonly<Record<string, number>>
  /** Arguments that may be anything, or be left out. */
  readonly free: readonly string[]
  /** Arguments that say how much money it is: where they were left out they stay out. */
  readonly money: readonly string[]
}

const freeRoles: ReadonlySet<Role> = new Set(['content', 'selector'])
/** From here on an act is asked about each time. */
const irreversible = 3

/** Why there is no approval for later calls too, in words; undefined when there may be one. */
export function narrowProblem(suspended: Suspended): string | undefined {
  if (suspended.draft === true) return 'only the person may do this, each time'
  if (suspended.check !== undefined) return 'another data plane performs it, and asks each time'
  if (suspended.reversibility >= irreversible) return 'it cannot be undone'
  if (suspended.obligations?.includes('step-up') === true) return 'it needs a passkey each time'
  if (suspended.obligations?.includes('second-person') === true) return 'two people decide it each time'
  if (suspended.includes !== undefined) return 'the message asks for more than one thing'
  if (namedArguments(suspended.arguments) === undefined) return 'its arguments have no names'
  return undefined
}

/** The narrowest pattern worth having: exactly here, exactly to these, at most so much. */
export function patternOf(suspended: Suspended, links: readonly string[]): Pattern {
  const fixed: Record<string, string> = Object.create(null) as Record<string, string>
  const atMost: Record<string, number> = Object.create(null) as Record<string, number>
  const free: string[] = []
  const money = moneyNames(suspended)
  for (const [name, value] of Object.entries(namedArguments(suspended.arguments) ?? {})) {
    const role = roleOf(suspended, name)
    if (freeRoles.has(role) && !money.includes(name)) free.push(name)
    else if (role === 'quantity' && isAmount(value)) atMost[name] = value
    else fixed[name] = canonicalJson(value)
  }
  const { organization, subject, holder, target, capability, definition, effect, reversibility } = suspended
  const { targetSlug: slug, reasons } = suspended
  const secrets = Object.keys(fixed).filter((name) => roleOf(suspended, name) === 'secret')
  const rules = [...new Set(reasons.map((reason) => askingRule(reason.rule)))]
  return {
    organization,
    subject,
    holder,
    links,
    slug,
    target,
    capability,
    definition,
    effect,
    reversibility,
    rules,
    fixed,
    secrets,
    atMost,
    free,
    money,
  }
}

function moneyNames({ profile }: Suspended): readonly string[] {
  const money = profile?.money
  if (money === undefined) return []
  return 'argument' in money.currency ? [money.amount, money.currency.argument] : [money.amount]
}

/** A leaf is renewed while it says the same. */
export function askingRule(rule: string): string {
  return rule.startsWith('leaf_') ? 'leaf' : rule
}

/**
 * Whether a call lies within: every argument that is fixed is there and the same, every number is one and no larger,
 * and what is neither is of a kind that harms nobody. Compares characters, never what they look like.
 */
export function argumentsMatch(
  pattern: Pattern,
  values: unknown,
  roles: Readonly<Record<string, Role>>,
): boolean {
  const named = namedArguments(values)
  if (named === undefined) return false
  for (const name of Object.keys(pattern.fixed)) if (!Object.hasOwn(named, name)) return false
  for (const name of Object.keys(pattern.atMost)) if (!Object.hasOwn(named, name)) return false
  return Object.keys(named).every((name) => argumentMatches(pattern, name, named[name], roles))
}

function argumentMatches(
  { fixed, atMost, money }: Pattern,
  name: string,
  value: unknown,
  roles: Readonly<Record<string, Role>>,
): boolean {
  if (Object.hasOwn(fixed, name)) return fixed[name] === canonical(value)
  if (Object.hasOwn(atMost, name)) return isAmount(value) && value <= atMost[name]!
  return !money.includes(name) && freeRoles.has(roleOf({ roles }, name))
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** Undefined for what has no canonical form, such as a lone surrogate: it equals nothing. */
function canonical(value: unknown): string | undefined {
  try {
    return canonicalJson(value)
  } catch {
    return undefined
  }
}
