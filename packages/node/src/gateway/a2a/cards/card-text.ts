import { withoutDefaults } from '@ambit/core/wire/a2a/card-form'
import { cardOfBoth, cardTo10 } from '@ambit/core/wire/a2a/v03/card'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { a2aVersion, a2aVersion03, bindings } from '@ambit/core/wire/a2a/version'
import type { A2aVersion } from '@ambit/core/wire/a2a/version'
import type { Target } from '../../../registry/target.ts'
import { extendedCardCapability, pushSetCapability } from '../capability.ts'

/** Where this node serves an agent. */
export interface ServedAt {
  /** Of JSON-RPC and HTTP+JSON. */
  readonly http: string
  /** Host and port of gRPC, where it is served; the agent is told apart there by its name as the tenant. */
  readonly grpc: string | undefined
  /** Whether it passes push notifications on. */
  readonly pushes: boolean
}

/**
 * An agent's card as this node serves it: the agent's own words, this node's addresses and this node's way of signing
 * in. It is unsigned: the agent's signatures do not hold over a card that says something else. `version` 1.0 gives the
 * pure card, 0.3 the one of both versions. Members with their default are left out, so that a verifier who signs what
 * he got and one who takes the defaults away first read the same.
 */
export function cardText(own: Json, target: Target, at: ServedAt, version: A2aVersion): Json {
  const { signatures: _signatures, supportedInterfaces: _interfaces, ...rest } = cardTo10(own)
  const card = withoutDefaults({
    ...rest,
    supportedInterfaces: interfacesAt(target, at),
    capabilities: {
      ...objectOf(rest['capabilities']),
      pushNotifications: at.pushes && target.capabilities.has(pushSetCapability),
      extendedAgentCard: target.capabilities.has(extendedCardCapability),
    },
    securitySchemes: { ambit: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    securityRequirements: [{ schemes: { ambit: { list: [] } } }],
    skills: skillsOf(rest['skills']),
  })
  return version === a2aVersion ? card : cardOfBoth(card)
}

/** By preference: what is spoken now before what was. */
function interfacesAt(target: Target, at: ServedAt): readonly Json[] {
  const http = (protocolVersion: A2aVersion) =>
    bindings.map((protocolBinding) => ({ url: at.http, protocolBinding, protocolVersion }))
  const grpc =
    at.grpc === undefined
      ? []
      : [{ url: at.grpc, protocolBinding: 'GRPC', protocolVersion: a2aVersion, tenant: target.slug }]
  return [...http(a2aVersion), ...grpc, ...http(a2aVersion03)]
}

/** What a skill asks for is the agent's own way of signing in, which this node takes care of. */
function skillsOf(skills: unknown): unknown[] {
  if (!Array.isArray(skills)) return []
  return skills.map((skill) => {
    const { securityRequirements: _requirements, ...rest } = objectOf(skill) ?? {}
    return rest
  })
}
