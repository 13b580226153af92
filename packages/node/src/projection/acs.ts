import type { AgentRecord, Interface } from '@ambit/core/record'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { acsSchema, acsVersions } from '@ambit/core/wire/acs/acs'
import type { Acs } from '@ambit/core/wire/acs/acs'
import { acsProblems, withAic } from '@ambit/core/wire/acs/rules'
import { asProjected, capabilityOfSkill, interfaceAt, isActive } from './draft.ts'
import type { Context, Draft, DraftMembers, Projected } from './draft.ts'
import { readAs } from './gate.ts'
import { keyOf, residueOf, withResidue } from './residue.ts'
import type { Keys } from './residue.ts'
import { skillRest } from './skills.ts'
import { inLanguage, semanticVersion, textIn, versionOf, texts } from './texts.ts'

const keys: Keys = { endPoints: keyOf('url', 'transport'), skills: keyOf('id') }
/** As many as a record holds, and as many days. */
const interfacesMax = 20
const validityDaysMax = 1825

const transports = { JSONRPC: 'jsonrpc', HTTP_JSON: 'http+json', AMQP: 'amqp' } as const
type Transport = keyof typeof transports

/** A record as an ACS. Identity code, state and time of change are the registry's; the rest is the record's. */
export function toAcs(record: Projected, context: Context): Acs {
  const whole = withResidue(written(record), record.foreign?.acs, keys)
  const card = record.foreign?.a2a
  const base = {
    protocolVersion: acsVersions[0],
    defaultInputModes: texts(card?.['defaultInputModes']),
    defaultOutputModes: texts(card?.['defaultOutputModes']),
    capabilities: {
      streaming: objectOf(card?.['capabilities'])?.['streaming'] === true,
      notification: objectOf(card?.['capabilities'])?.['pushNotifications'] === true,
      messageQueue: [],
    },
    ...sharedPages(card),
    ...whole,
  }
  const skills = (whole['skills'] as readonly Json[]).map((skill) => ({
    version: record.version,
    ...skillRest(record, String(skill['id']), 'a2a'),
    ...skill,
  }))
  return acsSchema.parse({
    ...base,
    ...secured(whole, isActive(context) ? record.id : undefined),
    skills,
    aic: record.id,
    active: isActive(context),
    lastModifiedTime: context.updated,
  })
}

/** Pages about the agent that a card and an ACS name by the same words. */
function sharedPages(card: Json | undefined): Json {
  const pages = ['iconUrl', 'documentationUrl'].flatMap((name) => {
    const page = card?.[name]
    return typeof page === 'string' && page !== '' ? [[name, page]] : []
  })
  return Object.fromEntries(pages)
}

/** What of an ACS stands in the record itself. */
function written(record: Projected): Json {
  const { provider, certificate } = record
  const spoken = record.interfaces.filter((each) => transportOf(each) !== undefined)
  return {
    name: textIn(record.name, 'zh'),
    description: textIn(record.description, 'zh'),
    version: versionOf(record, 'acs'),
    ...protocolVersionOf(spoken),
    provider: providerOf(provider),
    endPoints: spoken.map((each) => ({ url: each.url, transport: transportOf(each) })),
    skills: record.capabilities.map(({ id, name, description }) => ({ id, name, description })),
    ...(certificate === undefined ? {} : { certificate: certificateOf(certificate) }),
  }
}

function protocolVersionOf([first]: readonly Interface[]): Json {
  const known = acsVersions.find((version) => version === first?.version)
  return known === undefined ? {} : { protocolVersion: known }
}

function transportOf({ protocol, transport }: Interface): Transport | undefined {
  if (protocol !== 'aip') return undefined
  return (Object.keys(transports) as Transport[]).find((name) => transports[name] === transport)
}

function providerOf(provider: AgentRecord['provider']): Json {
  const { organization, department, url, license, country, contact, registrations } = provider
  return {
    ...(organization === '' ? {} : { organization }),
    ...(department === undefined ? {} : { department }),
    ...(url === undefined ? {} : { url }),
    ...(license === undefined ? {} : { license }),
    ...(country !== undefined && /^[A-Z]{2}$/.test(country) ? { countryCode: country } : {}),
    ...(contact === undefined ? {} : { [contact.includes('@') ? 'email' : 'name']: contact }),
    ...(registrations === undefined
      ? {}
      : {
          domainRegistrations: registrations.map(({ domain, number, type }) => ({
            domain,
            registrationNumber: number,
            registrationType: type,
          })),
        }),
  }
}

function certificateOf({ dns, ip, validityDays }: NonNullable<AgentRecord['certificate']>): Json {
  const altNames = { ...(dns === undefined ? {} : { dns }), ...(ip === undefined ? {} : { ip }) }
  return {
    ...(Object.keys(altNames).length === 0 ? {} : { altNames }),
    ...(validityDays === undefined ? {} : { requestedValidity: validityDays }),
  }
}

/** Every end point lists a scheme of mutual TLS; where nothing was said of one, that alone. */
function secured(whole: Json, aic: string | undefined): Json {
  const schemes = objectOf(whole['securitySchemes']) ?? {}
  const endPoints = whole['endPoints'] as readonly Json[]
  const isBare = endPoints.some((each) => each['security'] === undefined)
  const known = Object.entries(schemes).find(([, scheme]) => objectOf(scheme)?.['type'] === 'mutualTLS')?.[0]
  const name = known ?? 'mtls'
  return {
    securitySchemes: isBare && known === undefined ? { ...schemes, [name]: { type: 'mutualTLS' } } : schemes,
    endPoints: endPoints.map((each) => ({
      security: [{ [name]: [] }],
      ...each,
      url: aic === undefined ? each['url'] : withAic(String(each['url']), aic),
    })),
  }
}

/** Reads an ACS. Its identity code is the other registry's word: this node issues its own. */
export function fromAcs(document: unknown): Draft {
  const acs = readAs(acsSchema, document, 'acs')
  const { aic, active: _active, lastModifiedTime: _time, ...rest } = acs
  const capabilities = firstOfEach(acs.skills, (skill) => skill.id).map((skill) =>
    capabilityOfSkill(skill.id, skill.name, skill.description),
  )
  const members: DraftMembers = {
    kind: 'agent',
    version: semanticVersion(acs.version),
    name: inLanguage(acs.name),
    description: inLanguage(acs.description),
    provider: providerFrom(acs.provider),
    interfaces: interfacesFrom(acs),
    supplies: [],
    ...(acs.certificate === undefined ? {} : { certificate: certificateFrom(acs.certificate) }),
  }
  const held = residueOf(rest, written(asProjected({ members, capabilities })), keys)
  const version = members.version === acs.version ? {} : { version: acs.version }
  return {
    format: 'acs',
    members: { ...members, foreign: { acs: { ...held, ...version } } },
    capabilities,
    names: [acs.name, acs.skills[0]?.id ?? ''],
    remarks: [
      ...(aic === ''
        ? []
        : ['the document names an identity code of another registry; this node issued its own']),
      ...acsProblems(acs),
    ],
  }
}

function providerFrom(provider: Acs['provider']): AgentRecord['provider'] {
  const { organization = '', department, url, license, countryCode, email, name } = provider
  // One contact: the mail address rather than the name of a person.
  const contact = email?.includes('@') === true ? email : name?.includes('@') === false ? name : undefined
  return {
    organization,
    ...(department === undefined ? {} : { department }),
    ...(url === undefined ? {} : { url }),
    ...(license === undefined ? {} : { license }),
    ...(countryCode === undefined ? {} : { country: countryCode }),
    ...(contact === undefined ? {} : { contact }),
    domains: [],
    ...(provider.domainRegistrations === undefined
      ? {}
      : {
          registrations: provider.domainRegistrations.map((each) => ({
            domain: each.domain,
            number: each.registrationNumber,
            type: each.registrationType,
          })),
        }),
  }
}

function interfacesFrom({ endPoints, protocolVersion }: Acs): Interface[] {
  const known = endPoints.filter(({ transport }) => Object.hasOwn(transports, transport))
  return firstOfEach(known, ({ url, transport }) => JSON.stringify([url, transport]))
    .slice(0, interfacesMax)
    .map(({ url, transport }) => interfaceAt('aip', transports[transport as Transport], protocolVersion, url))
}

function certificateFrom(certificate: NonNullable<Acs['certificate']>): AgentRecord['certificate'] {
  const { altNames: { dns, ip } = {}, requestedValidity: days } = certificate
  return {
    ...(dns === undefined ? {} : { dns }),
    ...(ip === undefined ? {} : { ip }),
    ...(days === undefined || days > validityDaysMax ? {} : { validityDays: days }),
  }
}

/** The first of each key: what comes again is kept beside the record. */
export function firstOfEach<T>(items: readonly T[], key: (item: T) => string): T[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const isNew = !seen.has(key(item))
    seen.add(key(item))
    return isNew
  })
}
