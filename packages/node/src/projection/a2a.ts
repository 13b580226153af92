import type { Interface } from '@ambit/core/record'
import { agentCardSchema } from '@ambit/core/wire/a2a/card'
import type { AgentCard } from '@ambit/core/wire/a2a/card'
import { withoutDefaults } from '@ambit/core/wire/a2a/card-form'
import { isObject, objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { cardTo10 } from '@ambit/core/wire/a2a/v03/card'
import { a2aVersion, a2aVersion03, readVersion } from '@ambit/core/wire/a2a/version'
import { z } from 'zod'
import { firstOfEach } from './acs.ts'
import { asProjected, capabilityOfSkill, interfaceAt } from './draft.ts'
import type { Draft, DraftMembers, Projected } from './draft.ts'
import { readAs } from './gate.ts'
import { keyOf, residueOf, withResidue } from './residue.ts'
import type { Keys } from './residue.ts'
import { skillRest } from './skills.ts'
import { inLanguage, semanticVersion, textIn, texts, versionOf } from './texts.ts'

const interfaceKey = keyOf('url', 'protocolBinding', 'protocolVersion', 'tenant')
const keys: Keys = { supportedInterfaces: interfaceKey, skills: keyOf('id') }
const interfacesMax = 20

/** A card that offers nothing is read as well: what it says of the agent is worth a draft. */
const readableCardSchema = agentCardSchema.extend({
  supportedInterfaces: z.array(agentCardSchema.shape.supportedInterfaces.element).max(50),
})

const transports = { JSONRPC: 'jsonrpc', 'HTTP+JSON': 'http+json', GRPC: 'grpc' } as const
type BindingName = keyof typeof transports

/** A record as an agent card of A2A 1.0, unsigned, with the agent's own addresses. */
export function toA2a(record: Projected): Json {
  const whole = withResidue(written(record), record.foreign?.a2a, keys)
  const acs = record.foreign?.acs
  const capable = objectOf(acs?.['capabilities'])
  const provider = objectOf(whole['provider'])
  return withoutDefaults({
    capabilities:
      capable === undefined
        ? {}
        : { streaming: capable['streaming'] === true, pushNotifications: capable['notification'] === true },
    defaultInputModes: texts(acs?.['defaultInputModes']),
    defaultOutputModes: texts(acs?.['defaultOutputModes']),
    ...pagesOf(acs),
    ...whole,
    // The message asks for both, and empty is what it has for none.
    ...(provider === undefined ? {} : { provider: { organization: '', url: '', ...provider } }),
    skills: (whole['skills'] as readonly Json[]).map((skill) => ({
      ...skillRest(record, String(skill['id']), 'acs'),
      ...skill,
    })),
  })
}

function pagesOf(acs: Json | undefined): Json {
  const pages = ['iconUrl', 'documentationUrl'].flatMap((name) =>
    typeof acs?.[name] === 'string' ? [[name, acs[name]]] : [],
  )
  return Object.fromEntries(pages)
}

function written(record: Projected): Json {
  const { organization, url } = record.provider
  const provider = { ...(organization === '' ? {} : { organization }), ...(url === undefined ? {} : { url }) }
  return {
    name: textIn(record.name, 'en'),
    description: textIn(record.description, 'en'),
    version: versionOf(record, 'a2a'),
    ...(Object.keys(provider).length === 0 ? {} : { provider }),
    supportedInterfaces: record.interfaces.flatMap((each) => offered(each) ?? []),
    skills: record.capabilities.map(({ id, name, description }) => ({ id, name, description })),
  }
}

function offered({ protocol, transport, url, version, tenant }: Interface): Json | undefined {
  if (protocol !== 'a2a') return undefined
  const binding = (Object.keys(transports) as BindingName[]).find((name) => transports[name] === transport)
  if (binding === undefined) return undefined
  const said = { url, protocolBinding: binding, protocolVersion: version }
  return tenant === undefined ? said : { ...said, tenant }
}

/** Reads a card of 1.0, 0.3 or both. Its signatures are over other letters than any other card will have: they go. */
export function fromA2a(document: Json): Draft {
  const card = readCard(document)
  const { capabilities, members, residue } = split(card)
  const signatures = card.signatures ?? []
  return {
    format: 'a2a',
    members: { ...members, foreign: { a2a: residue } },
    capabilities,
    names: [card.name, card.skills[0]?.id ?? ''],
    remarks:
      signatures.length === 0 ? [] : ['the card was signed; the signature does not go into the record'],
  }
}

/** The card as it is kept and written again: in 1.0, versions as this node writes them, nothing twice. */
function readCard(document: Json): AgentCard {
  const given = objectOf(cardTo10(document)) ?? {}
  const card = readAs(readableCardSchema, withoutNulls(given), 'a2a')
  return {
    ...card,
    supportedInterfaces: card.supportedInterfaces.map(({ tenant, ...each }) => ({
      ...each,
      protocolVersion: readVersion(each.protocolVersion) ?? each.protocolVersion,
      // SDKs write an empty one for none.
      ...(tenant === undefined || tenant === '' ? {} : { tenant }),
    })),
  }
}

/** ProtoJSON reads null as a member that is not there. */
function withoutNulls(card: Json): Json {
  const members = Object.entries(card).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(
    members.map(([name, value]) => [
      name,
      name === 'provider' && isObject(value) ? withoutNulls(value) : value,
    ]),
  )
}

/** What of a card that was read live before stands in no record: its skills and all that a record has no place for. */
export function skillsOfCard(card: Json): Pick<Projected, 'capabilities' | 'foreign'> {
  // Its addresses may have moved since; those of the record count.
  const loose = readableCardSchema.safeParse({ ...cardTo10(card), supportedInterfaces: [] })
  if (!loose.success) return { capabilities: [], foreign: {} }
  const { capabilities, residue } = split(loose.data)
  return { capabilities, foreign: { a2a: residue } }
}

function split(card: AgentCard) {
  const { signatures: _signatures, ...rest } = card
  const capabilities = firstOfEach(card.skills, ({ id }) => id).map(({ id, name, description }) =>
    capabilityOfSkill(id, name.slice(0, 300), description),
  )
  const members: DraftMembers = {
    kind: 'agent',
    version: semanticVersion(card.version),
    name: inLanguage(card.name),
    description: inLanguage(card.description),
    provider: {
      organization: card.provider?.organization ?? '',
      ...(card.provider?.url === undefined || card.provider.url === '' ? {} : { url: card.provider.url }),
      domains: [],
    },
    interfaces: firstOfEach(card.supportedInterfaces, (each) => interfaceKey(each))
      .flatMap((each) => interfaceFrom(each) ?? [])
      .slice(0, interfacesMax),
    supplies: [],
  }
  const held = residueOf(rest, written(asProjected({ members, capabilities })), keys)
  const version = members.version === card.version ? {} : { version: card.version }
  const residue: Json = { ...held, ...version }
  return { capabilities, members, residue }
}

/** Only what this node would reach at that very address; anything else is read live first. */
function interfaceFrom(said: AgentCard['supportedInterfaces'][number]): Interface | undefined {
  const { url, protocolBinding, protocolVersion, tenant } = said
  const isKnown = Object.hasOwn(transports, protocolBinding)
  if (!isKnown || (protocolVersion !== a2aVersion && protocolVersion !== a2aVersion03)) return undefined
  const transport = transports[protocolBinding as BindingName]
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return undefined
  if (tenant !== undefined && (transport !== 'jsonrpc' || tenant === '')) return undefined
  const at = interfaceAt('a2a', transport, protocolVersion, url)
  return tenant === undefined ? at : { ...at, tenant }
}
