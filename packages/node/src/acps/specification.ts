import { Fault } from '@ambit/core/fault'
import type { AgentDraft } from '@ambit/core/wire/acps/registration'
import { acsSchema } from '@ambit/core/wire/acs/acs'
import type { Acs } from '@ambit/core/wire/acs/acs'
import { acsProblems } from '@ambit/core/wire/acs/rules'
import type { Projection } from '../projection/projection.ts'
import type { DocumentDraft } from '../registry/registry.ts'

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

/**
 * Reads what a client wants registered: the specification by its schema, then by the rules of a registry of ACPs. Throws
 * `acps.specification`, `format.…`, and says where.
 */
export function specificationOf(
  projection: Pick<Projection, 'read'>,
  { acs, name, version, logo_url: logo }: AgentDraft,
): DocumentDraft {
  if (acs === undefined || acs === null) throw refused('an agent is registered with its specification', 'acs')
  const given = typeof acs === 'string' ? parsed(acs) : acs
  const document =
    logo === undefined || logo === null || 'iconUrl' in given ? given : { ...given, iconUrl: logo }
  const draft = projection.read('acs', document)
  const specification = acsSchema.parse(document)
  for (const [member, said] of [
    ['name', name],
    ['version', version],
  ] as const) {
    if (said !== undefined && said !== specification[member])
      throw refused(`the specification has another ${member} than the registration`, member)
  }
  refuseProblems(specification)
  return draft
}

/** Throws `acps.specification` for the first rule that does not hold, and says how many more there are. */
export function refuseProblems(acs: Acs): void {
  const problems = [
    ...(acs.name.trim() === '' ? ['name is empty'] : []),
    ...(semver.test(acs.version) ? [] : ['version is no semantic version such as 1.0.0']),
    ...acsProblems(acs),
    ...outsideOfDomains(acs),
  ]
  const [first, ...more] = problems
  if (first === undefined) return
  throw refused(first, 'acs', more)
}

/** End points lie under the domains that the provider registered, where it names any (ACS, provider). */
function outsideOfDomains({ endPoints, provider: { domainRegistrations = [] } }: Acs): string[] {
  const domains = domainRegistrations.map(({ domain }) => domain.toLowerCase())
  if (domains.length === 0) return []
  return endPoints.flatMap(({ url }, at) => {
    const host = URL.parse(url)?.hostname.toLowerCase() ?? ''
    const isInside = domains.some((domain) => host === domain || host.endsWith(`.${domain}`))
    return isInside ? [] : [`endPoints.${at} lies outside of the domains in provider.domainRegistrations`]
  })
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Said below, like any other wrong form.
  }
  throw refused('it is no JSON object', 'acs')
}

function refused(detail: string, where: string, more: readonly string[] = []): Fault {
  return new Fault('acps.specification', {
    detail: more.length === 0 ? detail : `${detail}; and ${more.length} more`,
    where,
    ...(more.length === 0 ? {} : { extra: { problems: [detail, ...more].slice(0, 20) } }),
  })
}
