import { z } from 'zod'

/*
 * The agent capability specification of ACPs, v02.01 and v02.02 (documents ACS; the JSON Schema of the reference
 * registry). Unlike most formats it forbids members that it does not name.
 */

const text = z.string().max(20_000)
const line = z.string().max(2000)
const words = z.array(z.string().max(2000)).max(200)
const uri = z.string().max(2000)

const providerSchema = z.strictObject({
  countryCode: z
    .string()
    .regex(/^[A-Z]{2}$/, 'a country code of two capital letters (ISO 3166-1)')
    .optional(),
  organization: line.optional(),
  department: line.optional(),
  url: uri.optional(),
  license: line.optional(),
  name: line.optional(),
  email: line.optional(),
  domainRegistrations: z
    .array(
      z.strictObject({ domain: line, registrationNumber: line, registrationType: z.enum(['ICP', 'WHOIS']) }),
    )
    .max(50)
    .optional(),
})

const flowSchema = z.strictObject({
  authorizationUrl: uri.optional(),
  tokenUrl: uri.optional(),
  refreshUrl: uri.optional(),
  scopes: z.record(line, line),
})

const described = { description: text.optional() }

const securitySchemeSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('mutualTLS'), ...described, 'x-caChallengeBaseUrl': uri.optional() }),
  z.strictObject({ type: z.literal('openIdConnect'), ...described, openIdConnectUrl: uri }),
  z.strictObject({
    type: z.literal('apiKey'),
    ...described,
    name: line,
    in: z.enum(['query', 'header', 'cookie']),
  }),
  z.strictObject({ type: z.literal('http'), ...described, scheme: line, bearerFormat: line.optional() }),
  z.strictObject({
    type: z.literal('oauth2'),
    ...described,
    flows: z.strictObject({
      implicit: flowSchema.optional(),
      password: flowSchema.optional(),
      clientCredentials: flowSchema.optional(),
      authorizationCode: flowSchema.optional(),
    }),
  }),
])

const endPointSchema = z.strictObject({
  url: uri.min(1),
  /** `JSONRPC`, `HTTP_JSON` or `AMQP`; the schema itself takes any word. */
  transport: z.string().min(1).max(50),
  /** The outer list says "or", the inner object "and". */
  security: z.array(z.record(line, words)).max(50).optional(),
})

const skillSchema = z.strictObject({
  id: z.string().min(1).max(256),
  name: z.string().max(300),
  description: text,
  version: line,
  tags: words,
  examples: words.optional(),
  inputModes: words.optional(),
  outputModes: words.optional(),
})

/** Protocol and version expression of a message queue, such as `rabbitmq:>=4.2`. */
const messageQueuePattern =
  /^(mqtt|amqp|kafka|redis|rabbitmq):(>=)?\d{1,9}\.(\*|\d{1,9}(\.\d{1,9})?)( <\d{1,9}\.\d{1,9}(\.\d{1,9})?)?$/

export const acsVersions = ['02.01', '02.02'] as const

export const acsSchema = z.strictObject({
  /** Empty in a draft: the registry fills it in. */
  aic: z.string().max(100),
  active: z.boolean(),
  lastModifiedTime: z.iso.datetime({ offset: true }),
  protocolVersion: z.enum(acsVersions),
  name: z.string().max(200),
  description: text,
  version: z.string().max(150),
  iconUrl: uri.optional(),
  documentationUrl: uri.optional(),
  webAppUrl: uri.optional(),
  provider: providerSchema,
  securitySchemes: z.record(line, securitySchemeSchema),
  endPoints: z.array(endPointSchema).max(20),
  capabilities: z.strictObject({
    streaming: z.boolean(),
    notification: z.boolean(),
    messageQueue: z.array(z.string().max(100).regex(messageQueuePattern)).max(50),
  }),
  defaultInputModes: words,
  defaultOutputModes: words,
  skills: z.array(skillSchema).max(2000),
  entityUserId: line.optional(),
  entityMeta: z.record(z.string().max(200), z.unknown()).optional(),
  certificate: z
    .strictObject({
      altNames: z
        .strictObject({
          dns: z.array(z.string().max(253)).max(20).optional(),
          ip: z.array(z.string().max(45)).max(20).optional(),
        })
        .optional(),
      requestedValidity: z.int().min(1).optional(),
    })
    .optional(),
})
export type Acs = z.infer<typeof acsSchema>
