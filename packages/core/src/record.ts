import { z } from 'zod'
import { digestOf, isDigest } from './digest.ts'
import type { Digest } from './digest.ts'
import { parseAic } from './id/aic.ts'
import { formats } from './format.ts'
import { integritySchema } from './label.ts'

export const digestSchema = z
  .custom<Digest>((value) => typeof value === 'string' && isDigest(value), {
    error: 'a digest is `sha256:` and 64 hexadecimal digits',
  })
  .meta({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' })

/** RFC 3339 in UTC, as every time in JSON. */
export const timeSchema = z.iso.datetime()

export const effects = ['read', 'write', 'egress', 'pay', 'identity', 'physical'] as const
/** What a capability does to the world, from the mildest to the gravest. */
export const effectSchema = z.enum(effects)
export type Effect = z.infer<typeof effectSchema>

/** 0 the gateway can undo it, 1 undo window, 2 compensatable, 3 irreversible. */
export const reversibilitySchema = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
export type Reversibility = z.infer<typeof reversibilitySchema>

/** What an argument means for safety. */
export const roleSchema = z.enum(['sink', 'selector', 'quantity', 'secret', 'content', 'control'])
export type Role = z.infer<typeof roleSchema>

export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR')

export const moneyOfSchema = z.strictObject({
  /** Name of the argument that holds the amount. */
  amount: z.string().min(1).max(200),
  /** The currency itself, or the argument that names it. */
  currency: z.union([
    z.strictObject({ code: currencySchema }),
    z.strictObject({ argument: z.string().min(1).max(200) }),
  ]),
  /** Whether the amount counts cents or whole units. */
  unit: z.enum(['minor', 'major']),
})
export type MoneyOf = z.infer<typeof moneyOfSchema>

/** An argument of the inverse: a fixed value, or a member of the original call's arguments or result (dots between steps). */
const inverseArgumentSchema = z.union([
  z.strictObject({ value: z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]) }),
  z.strictObject({ from: z.enum(['arguments', 'result']), path: z.string().min(1).max(500) }),
])
export const inverseSchema = z.strictObject({
  capability: z.string().min(1).max(256),
  arguments: z.record(z.string().max(200), inverseArgumentSchema),
})
export type Inverse = z.infer<typeof inverseSchema>

/** What a capability does, in the terms that decisions are made in. */
export const profileSchema = z.strictObject({
  effect: effectSchema,
  reversibility: reversibilitySchema,
  /** By top-level argument name; an argument without a role is a sink. */
  roles: z.record(z.string().max(200), roleSchema),
  /** Source integrity by result field; a field without one is 0. */
  integrity: z.record(z.string().max(200), integritySchema),
  dataClasses: z.array(z.string().max(100)).max(50),
  /** Reversibility 1: how long a call is held, so that its user can veto it; left out: as the catalogue has it. */
  windowMs: z.int().min(0).max(86_400_000).optional(),
  /** How the money of a call is read from its arguments. */
  money: moneyOfSchema.optional(),
  /** The capability of the same record that undoes or makes up for a call, and where its arguments come from. */
  inverse: inverseSchema.optional(),
})
export type Profile = z.infer<typeof profileSchema>

/** The profile of whatever nobody has looked at: every argument a sink, effect egress, irreversible. */
export const strictestProfile: Profile = {
  effect: 'egress',
  reversibility: 3,
  roles: {},
  integrity: {},
  dataClasses: [],
}

const languageText = (charactersMax: number) =>
  z.strictObject({
    en: z.string().max(charactersMax).optional(),
    zh: z.string().max(charactersMax).optional(),
  })

/** A text in English, Chinese or both. */
export const namesSchema = languageText(200)
export const descriptionsSchema = languageText(20_000)
export type LanguageText = z.infer<typeof descriptionsSchema>

export const capabilitySchema = z.strictObject({
  /** What the protocol calls it: a tool's name, a skill's id. */
  id: z.string().min(1).max(256),
  name: z.string().max(300),
  description: z.string().max(20_000),
  inputSchema: z.record(z.string(), z.unknown()).optional(),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
  /** Digest of the definition as the upstream served it; another definition is held. */
  definition: digestSchema,
  /** The profile in force. */
  profile: profileSchema,
  /** A derived profile that no operator has accepted yet. While there is one, `profile` is the strictest. */
  proposal: profileSchema.optional(),
  scenario: z.string().max(100).optional(),
  modes: z.array(z.string().max(100)).max(50),
})
export type Capability = z.infer<typeof capabilitySchema>

export const protocols = ['mcp', 'a2a', 'aip', 'anp', 'openai'] as const
export const protocolSchema = z.enum(protocols)
export type Protocol = z.infer<typeof protocolSchema>

export const interfaceSchema = z.strictObject({
  protocol: protocolSchema,
  /** As the protocol writes it: `2026-07-28`, `1.0`. */
  version: z.string().max(50),
  /** The address; for a supervised command `stdio:`. */
  url: z.string().max(2000),
  transport: z.enum(['streamable-http', 'sse', 'stdio', 'jsonrpc', 'http+json', 'grpc', 'amqp']),
  /** Whom of those who share the address it is for, where its protocol says so in each request (A2A over JSON-RPC). */
  tenant: z.string().min(1).max(200).optional(),
  /** Only for stdio: the program, its arguments, and the names of vault entries it needs in its environment. */
  command: z
    .strictObject({
      program: z.string().min(1).max(1000),
      args: z.array(z.string().max(4000)).max(100),
      env: z.array(z.string().max(200)).max(50),
    })
    .optional(),
  /** Names of the vault entries a call needs, and the header each goes into. */
  security: z.array(z.strictObject({ header: z.string().max(200), secret: z.string().max(200) })).max(10),
})
export type Interface = z.infer<typeof interfaceSchema>

export const recordKindSchema = z.enum(['agent', 'tool-server', 'model', 'terminal', 'site'])

export const providerSchema = z.strictObject({
  organization: z.string().max(300),
  legalId: z.string().max(100).optional(),
  department: z.string().max(300).optional(),
  contact: z.string().max(300).optional(),
  country: z.string().length(2).optional(),
  url: z.string().max(2000).optional(),
  /** Licence number or name under which it operates. */
  license: z.string().max(300).optional(),
  /** Domains it says are its own; which of them were proved is kept beside the record, not in it. */
  domains: z.array(z.string().max(253)).max(50),
  /** Under which numbers domains are filed (ICP) or registered (WHOIS). */
  registrations: z
    .array(
      z.strictObject({
        domain: z.string().max(253),
        number: z.string().max(200),
        type: z.enum(['ICP', 'WHOIS']),
      }),
    )
    .max(50)
    .optional(),
})

export const deploymentSchema = z.strictObject({
  where: z.enum(['cloud', 'edge', 'on-premises', 'terminal']),
  region: z.string().max(100).optional(),
  jurisdiction: z.string().max(100).optional(),
  runtime: z.string().max(200).optional(),
  model: z
    .strictObject({
      name: z.string().max(200),
      version: z.string().max(100).optional(),
      filingNumber: z.string().max(100).optional(),
      access: z.string().max(100).optional(),
    })
    .optional(),
})

export const formatSchema = z.enum(formats)

/** What a format holds and the record has no member for, by format, so that it is written again as it came. Data of a third party. */
export const foreignSchema = z.partialRecord(formatSchema, z.record(z.string(), z.unknown()))

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

/**
 * What exists: an agent, tool server, model, terminal or site. Protocol-neutral; a version is immutable and
 * known by the digest of its canonical form (`recordDigest`).
 */
export const recordSchema = z.strictObject({
  v: z.literal(1),
  /** AIC of ten arcs. */
  id: z
    .string()
    .refine((text) => parseAic(text)?.profile === 'acps', { error: 'the id is an AIC of ten arcs' }),
  aliases: z.array(z.string().max(500)).max(50),
  /** How people and addresses call it; unique within the organisation. */
  slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, 63 at most'),
  kind: recordKindSchema,
  /** The organisation on this node that keeps the record. */
  organization: z.string().max(100),
  version: z.string().regex(semver, 'a semantic version such as 1.0.0'),
  name: namesSchema,
  description: descriptionsSchema,
  provider: providerSchema,
  /** The accountable person or team. */
  responsible: z.strictObject({ name: z.string().min(1).max(300), contact: z.string().max(300).optional() }),
  /** None: a class of agents, or one that only calls others. */
  interfaces: z.array(interfaceSchema).max(20),
  deployment: deploymentSchema.optional(),
  capabilities: z.array(capabilitySchema).max(2000),
  places: z.array(z.string().max(100)).max(50),
  scenarios: z.array(z.string().max(100)).max(50),
  /** Bill of materials: what it is made of. */
  supplies: z
    .array(
      z.strictObject({
        kind: z.enum(['model', 'tool', 'package', 'record']),
        name: z.string().max(300),
        version: z.string().max(100).optional(),
        digest: digestSchema.optional(),
      }),
    )
    .max(1000),
  /** AIC of the class of agents that this one is an instance of. */
  ontology: z.string().max(100).optional(),
  /** What its certificates name beside its identity code, and for how many days they are asked. */
  certificate: z
    .strictObject({
      dns: z.array(z.string().max(253)).max(20).optional(),
      ip: z.array(z.string().max(45)).max(20).optional(),
      validityDays: z.int().min(1).max(1825).optional(),
    })
    .optional(),
  /** did:key of the keys it may act with. */
  keys: z.array(z.string().max(200)).max(20),
  evidence: z.array(z.strictObject({ kind: z.string().max(50), digest: digestSchema })).max(200),
  foreign: foreignSchema.optional(),
})
export type AgentRecord = z.infer<typeof recordSchema>

export const recordStates = ['draft', 'submitted', 'active', 'suspended', 'recalled', 'retired'] as const
export const recordStateSchema = z.enum(recordStates)
export type RecordState = z.infer<typeof recordStateSchema>

export async function recordDigest(record: AgentRecord): Promise<Digest> {
  return await digestOf(record)
}
