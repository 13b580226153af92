import { readVersion } from '../version.ts'
import { isObject } from '../json.ts'
import type { Json } from '../json.ts'
import { isGiven, without } from './form.ts'

/** Members that only a card of 0.3 has. A card with these and with `supportedInterfaces` is of both versions. */
const members03 = [
  'protocolVersion',
  'url',
  'preferredTransport',
  'additionalInterfaces',
  'supportsAuthenticatedExtendedCard',
  'security',
]
/** What `preferredTransport` means when it is left out. */
const firstTransport = 'JSONRPC'

/** A card that offers 0.3 alone: it has an address of its own and no list of interfaces with versions. */
export function isCard03(card: unknown): card is Json {
  if (!isObject(card)) return false
  const { supportedInterfaces, url } = card
  return !(Array.isArray(supportedInterfaces) && supportedInterfaces.length > 0) && typeof url === 'string'
}

/**
 * Any card as one of 1.0: one of 0.3 is translated, and one of both versions keeps its interfaces, each with its own
 * version, and loses what 0.3 says beside them. A card of 1.0 is given back as it is.
 */
export function cardTo10(card: Json): Json {
  if (!members03.some((name) => Object.hasOwn(card, name))) return card
  const {
    capabilities,
    securitySchemes,
    security,
    skills,
    supportsAuthenticatedExtendedCard: extended,
  } = card
  const requirements = isGiven(card['securityRequirements']) ? undefined : security
  return {
    ...without(card, members03),
    supportedInterfaces: isCard03(card) ? interfacesTo10(card) : card['supportedInterfaces'],
    capabilities: {
      ...(isObject(capabilities) ? capabilities : {}),
      ...(typeof extended === 'boolean' && !isGiven((capabilities as Json | undefined)?.['extendedAgentCard'])
        ? { extendedAgentCard: extended }
        : {}),
    },
    ...(isObject(securitySchemes) ? { securitySchemes: eachMember(securitySchemes, schemeTo10) } : {}),
    ...(Array.isArray(requirements) ? { securityRequirements: requirements.map(requirementTo10) } : {}),
    ...(Array.isArray(skills) ? { skills: skills.map(skillTo10) } : {}),
  }
}

function interfacesTo10(card: Json): Json[] {
  const { url, preferredTransport, protocolVersion, additionalInterfaces } = card
  const version =
    typeof protocolVersion === 'string' ? (readVersion(protocolVersion) ?? protocolVersion) : '0.3'
  const first = { url, protocolBinding: preferredTransport ?? firstTransport, protocolVersion: version }
  const interfaces: Json[] = [first]
  for (const each of Array.isArray(additionalInterfaces) ? additionalInterfaces : []) {
    if (!isObject(each)) continue
    const { url: at, transport } = each
    // The preferred one is often listed again.
    if (at === url && transport === first.protocolBinding) continue
    interfaces.push({ url: at, protocolBinding: transport, protocolVersion: version })
  }
  return interfaces
}

function skillTo10(skill: unknown): unknown {
  if (!isObject(skill) || !Array.isArray(skill['security'])) return skill
  const { security, ...rest } = skill
  return { ...rest, securityRequirements: (security as readonly unknown[]).map(requirementTo10) }
}

function requirementTo10(requirement: unknown): unknown {
  if (!isObject(requirement) || isObject(requirement['schemes'])) return requirement
  return { schemes: eachMember(requirement, (scopes) => ({ list: scopes })) }
}

const schemeNames: Readonly<Record<string, string>> = {
  apiKey: 'apiKeySecurityScheme',
  http: 'httpAuthSecurityScheme',
  oauth2: 'oauth2SecurityScheme',
  openIdConnect: 'openIdConnectSecurityScheme',
  mutualTLS: 'mtlsSecurityScheme',
}

function schemeTo10(scheme: unknown): unknown {
  if (!isObject(scheme) || typeof scheme['type'] !== 'string') return scheme
  const { type, ...members } = scheme
  const name = Object.hasOwn(schemeNames, type) ? schemeNames[type] : undefined
  // A card of both versions says either form of the same scheme at once.
  if (name === undefined || isObject(scheme[name])) return scheme
  const { in: location, ...rest } = members
  return { [name]: type === 'apiKey' ? { ...rest, location } : members }
}

function eachMember(value: Json, change: (member: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)]))
}

/**
 * A card of 1.0 as one of both versions, which is what a client that says no version is given: what 0.3 reads stands
 * beside what 1.0 reads. Without an interface of 0.3 there is nothing to say in 0.3, and the card stays as it is.
 */
export function cardOfBoth(card: Json): Json {
  const offered = (Array.isArray(card['supportedInterfaces']) ? card['supportedInterfaces'] : []).filter(
    isObject,
  )
  const former = offered.filter((each) => readVersion(String(each['protocolVersion'])) === '0.3')
  const [first, ...others] = former
  if (first === undefined) return card
  const { capabilities, securitySchemes, securityRequirements, skills } = card
  const extended = isObject(capabilities) ? capabilities['extendedAgentCard'] : undefined
  return {
    ...card,
    protocolVersion: '0.3.0',
    url: first['url'],
    preferredTransport: first['protocolBinding'],
    ...(others.length === 0
      ? {}
      : {
          additionalInterfaces: former.map((each) => ({
            url: each['url'],
            transport: each['protocolBinding'],
          })),
        }),
    ...(typeof extended === 'boolean' ? { supportsAuthenticatedExtendedCard: extended } : {}),
    ...(isObject(securitySchemes) ? { securitySchemes: eachMember(securitySchemes, schemeOfBoth) } : {}),
    ...(Array.isArray(securityRequirements) ? { security: securityRequirements.map(requirementFrom10) } : {}),
    ...(Array.isArray(skills) ? { skills: skills.map(skillOfBoth) } : {}),
  }
}

function schemeOfBoth(scheme: unknown): unknown {
  if (!isObject(scheme) || isGiven(scheme['type'])) return scheme
  const found = Object.entries(schemeNames).find(([, name]) => isObject(scheme[name]))
  if (found === undefined) return scheme
  const [type, name] = found
  const { location, ...members } = scheme[name] as Json
  return { type, ...members, ...(location === undefined ? {} : { in: location }), ...scheme }
}

function requirementFrom10(requirement: unknown): unknown {
  const schemes = isObject(requirement) ? requirement['schemes'] : undefined
  if (!isObject(schemes)) return {}
  return eachMember(schemes, (scopes) => (isObject(scopes) ? (scopes['list'] ?? []) : []))
}

function skillOfBoth(skill: unknown): unknown {
  if (!isObject(skill) || !Array.isArray(skill['securityRequirements'])) return skill
  return { ...skill, security: (skill['securityRequirements'] as readonly unknown[]).map(requirementFrom10) }
}
