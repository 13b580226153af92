import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { effects, strictestProfile } from '@ambit/core/record'
import type { AgentRecord, Capability, Interface, Profile } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import type { Held } from './roster.ts'

/**
 * A program with an API token cannot approve, so it brings nothing into force either that would be done unasked and was
 * not before: a milder profile than the one in force, another definition than was accepted, or another place that calls
 * go to.
 * What nobody accepted yet counts as the strictest. Throws `record.session`.
 */
export function assertMayActivate(
  { target, slug }: Pick<Held, 'target' | 'slug'>,
  record: Pick<AgentRecord, 'capabilities' | 'interfaces'>,
  by: Caller['by'] | undefined,
): void {
  if (by !== 'token') return
  const isInForce = target.state === 'active'
  if (isInForce && placesOf(record.interfaces) !== placesOf(target.interfaces))
    throw session(slug, 'interfaces')
  for (const capability of record.capabilities) {
    const { id, definition } = capability
    const known = isInForce ? target.capabilities.get(id) : undefined
    const isOther = known !== undefined && known.definition !== definition
    if (isOther || !isAsStrict(known?.profile ?? strictestProfile, profileOf(capability)))
      throw session(slug, `capabilities.${id.slice(0, 100)}`)
  }
}

/** The same for a record that is new. */
export function assertMayCreate(
  { slug, capabilities }: Pick<AgentRecord, 'slug' | 'capabilities'>,
  by: Caller['by'],
): void {
  if (by !== 'token') return
  const mild = capabilities.find((each) => !isAsStrict(strictestProfile, profileOf(each)))
  if (mild !== undefined) throw session(slug, `capabilities.${mild.id.slice(0, 100)}`)
}

function profileOf({ profile, proposal }: Capability): Profile {
  return proposal === undefined ? profile : strictestProfile
}

function session(slug: string, member: string): Fault {
  return new Fault('record.session', {
    detail: 'more could be done under it unasked than now, and no program says so',
    where: `${slug} ${member}`,
  })
}

/** Whether whatever the second profile allows, the first one allowed too. */
export function isAsStrict(before: Profile, after: Profile): boolean {
  const same = (left: unknown, right: unknown) => canonicalJson(left ?? null) === canonicalJson(right ?? null)
  const roles = Object.entries(after.roles)
  const integrity = Object.entries(after.integrity)
  return (
    effects.indexOf(after.effect) >= effects.indexOf(before.effect) &&
    after.reversibility >= before.reversibility &&
    // An argument without a role is a sink, which is the strictest.
    roles.every(([name, role]) => role === 'sink' || own(before.roles, name) === role) &&
    integrity.every(([name, level]) => level <= (own(before.integrity, name) ?? 0)) &&
    before.dataClasses.every((each) => after.dataClasses.includes(each)) &&
    (after.windowMs === before.windowMs || (after.windowMs ?? 0) > (before.windowMs ?? Infinity)) &&
    same(before.money, after.money) &&
    (after.inverse === undefined || same(before.inverse, after.inverse))
  )
}

function own<T>(from: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(from, name) ? from[name] : undefined
}

/** Where calls go; which credentials they need is no matter of it. */
function placesOf(interfaces: readonly Interface[]): string {
  return canonicalJson(interfaces.map((each) => ({ ...each, security: [] })))
}
