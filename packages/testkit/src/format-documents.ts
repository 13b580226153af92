import type { Json } from '@ambit/core/wire/a2a/json'
import {
  array,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  oneof,
  record,
  string,
  stringMatching,
  uniqueArray,
} from 'fast-check'
import type { Arbitrary } from 'fast-check'

/* Documents of each format that a record is read from, with all that the format allows and members of nobody's. */

const word = stringMatching(/^[a-z][a-z0-9]{0,7}$/)
export const anyText = oneof(
  string({ unit: 'grapheme', maxLength: 30 }).filter(
    (text) => text.isWellFormed() && !/script\s*:|data\s*:/i.test(text),
  ),
  constantFrom('', '天气助手', '=1+1', 'a "quoted" one', '\u202Ehidden', '__proto__'),
)
const name = anyText.map((text) => text.slice(0, 60).toWellFormed() || 'x')
const words = array(anyText, { maxLength: 3 })
export const anyUrl = oneof(word, constant('a')).chain((host) =>
  word.map((path) => `https://${host}.example/${path}`),
)
const version = oneof(
  constantFrom('1.0.0', '2.1.3-beta.1', '1', 'v7', '2026-11'),
  stringMatching(/^\d\.\d\.\d$/),
)
const foreign = jsonValue({ maxDepth: 2 })
  // As it comes out of a text: minus nothing is nothing.
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
  .filter((value) => value !== null && !/:|__proto__/.test(JSON.stringify(value)))

function some(
  required: Readonly<Record<string, Arbitrary<unknown>>>,
  optional: Readonly<Record<string, Arbitrary<unknown>>> = {},
): Arbitrary<Json> {
  return record({ ...required, ...optional }, { requiredKeys: Object.keys(required) })
}

const skill = { id: word, name, description: anyText, tags: words }
const skillModes = { examples: words, inputModes: words, outputModes: words }
const byId = { maxLength: 4, selector: (item: Json) => item['id'] }
const mtls = { mtls: { type: 'mutualTLS' } }

export const acsDocument = some(
  {
    aic: constantFrom('', '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'),
    active: boolean(),
    lastModifiedTime: constant('2026-03-11T21:16:59+08:00'),
    protocolVersion: constantFrom('02.01', '02.02'),
    name,
    description: anyText,
    version,
    provider: some(
      {},
      {
        countryCode: constantFrom('CN', 'DE'),
        organization: anyText,
        department: anyText,
        url: anyUrl,
        license: anyText,
        name: constantFrom('张三', 'Li'),
        email: constantFrom('a@b.example', 'c@d.example'),
        domainRegistrations: array(
          some({ domain: word, registrationNumber: anyText, registrationType: constantFrom('ICP', 'WHOIS') }),
          { maxLength: 2 },
        ),
      },
    ),
    securitySchemes: constantFrom(mtls, {
      ...mtls,
      oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example/x' },
    }),
    endPoints: array(
      some({
        url: oneof(anyUrl, constant('amqps://q.example:5671/acps?inbox=inbox_{AIC}')),
        transport: constantFrom('JSONRPC', 'HTTP_JSON', 'AMQP', 'GRPC'),
        security: constantFrom([{ mtls: [] }], [{ mtls: [] }, { oidc: ['read'] }]),
      }),
      { maxLength: 4 },
    ),
    capabilities: some({
      streaming: boolean(),
      notification: boolean(),
      messageQueue: constantFrom([], ['rabbitmq:>=4.2'], ['kafka:>=2.8 <4.0', 'mqtt:5.*']),
    }),
    defaultInputModes: words,
    defaultOutputModes: words,
    skills: array(some({ ...skill, version }, skillModes), { maxLength: 4 }),
  },
  {
    iconUrl: anyUrl,
    documentationUrl: anyUrl,
    webAppUrl: anyUrl,
    entityUserId: anyText,
    entityMeta: dictionary(word, foreign, { maxKeys: 2 }),
    certificate: some(
      {},
      {
        altNames: some({}, { dns: array(word, { maxLength: 2 }), ip: constantFrom([], ['192.0.2.1']) }),
        requestedValidity: integer({ min: 1, max: 4000 }),
      },
    ),
  },
)

export const a2aDocument = some(
  {
    name,
    description: anyText,
    version,
    supportedInterfaces: array(
      some(
        {
          url: oneof(anyUrl, constant('agent.example:443')),
          protocolBinding: constantFrom('JSONRPC', 'HTTP+JSON', 'GRPC', 'https://bindings.example/x'),
          protocolVersion: constantFrom('1.0', '0.3', '2.0'),
        },
        { tenant: word },
      ),
      { minLength: 1, maxLength: 4 },
    ),
    capabilities: some(
      {},
      { streaming: constant(true), pushNotifications: boolean(), extensions: constant([{ uri: 'urn:x:y' }]) },
    ),
    defaultInputModes: words,
    defaultOutputModes: words,
    skills: array(some(skill, { examples: array(anyText, { minLength: 1, maxLength: 2 }) }), {
      maxLength: 4,
    }),
  },
  {
    provider: some({ organization: name, url: anyUrl }),
    iconUrl: anyUrl,
    securitySchemes: constant({ k: { apiKeySecurityScheme: { location: 'header', name: 'x' } } }),
    securityRequirements: constant([{ schemes: { k: { list: ['read'] } } }]),
    'x-vendor': foreign,
  },
)

export const mcpDocument = some(
  {
    name: word.map((last) => `com.example/${last}`),
    description: name,
    version: constantFrom('1.0.0', '2.1.3-beta.1', '1', 'v7'),
  },
  {
    $schema: constant('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
    title: name,
    websiteUrl: anyUrl,
    remotes: array(
      some(
        {
          type: constantFrom('streamable-http', 'sse'),
          url: oneof(anyUrl, constant('https://{tenant}.example.com/mcp')),
        },
        {
          headers: array(some({ name: word }, { isSecret: boolean(), description: anyText }), {
            maxLength: 2,
          }),
        },
      ),
      { maxLength: 3 },
    ),
    packages: array(
      some(
        {
          registryType: constantFrom('npm', 'pypi'),
          identifier: word,
          transport: constant({ type: 'stdio' }),
        },
        {
          version: constant('1.2.3'),
          fileSha256: constant('ab'.repeat(32)),
          environmentVariables: constant([{ name: 'KEY' }]),
        },
      ),
      { maxLength: 3 },
    ),
    repository: constant({ url: 'https://code.example/x', source: 'github' }),
    _meta: dictionary(word, foreign, { maxKeys: 2 }),
  },
)

export const anpDocument = some(
  { type: constant('AgentDescription'), name },
  {
    protocolType: constant('ANP'),
    protocolVersion: constant('1.0.0'),
    url: anyUrl,
    did: constant('did:wba:a.example:agent'),
    description: anyText,
    version,
    owner: some({}, { type: constant('Organization'), name: anyText, url: anyUrl }),
    interfaces: array(
      some(
        { type: constantFrom('StructuredInterface', 'NaturalLanguageInterface') },
        {
          url: anyUrl,
          protocol: constantFrom('openrpc', 'JSON-RPC', 'MCP', 'YAML'),
          version: constant('1.3.2'),
          description: anyText,
        },
      ),
      { maxLength: 4 },
    ),
    Infomations: constant([{ type: 'Product', url: 'https://a.example/p' }]),
    'x-vendor': foreign,
  },
)

const inside = oneof(
  a2aDocument.map((data) => ({ type: 'application/a2a-agent-card+json', data })),
  mcpDocument.map((data) => ({ type: 'application/mcp-server-card+json', data })),
  anyUrl.map((url) => ({ type: 'application/octet-stream', url })),
)

function entry(named: Arbitrary<Json>): Arbitrary<Json> {
  const rest = some(
    { identifier: word.map((last) => `urn:air:example.com:agent:${last}`) },
    {
      description: anyText,
      version,
      tags: words,
      capabilities: words,
      updatedAt: constant('2026-11-01T00:00:00Z'),
      trustManifest: constant({ identity: 'did:web:example.com' }),
      'x-vendor': foreign,
    },
  )
  return rest.chain((one) =>
    inside.chain((artifact) => named.map((said) => ({ ...one, ...artifact, ...said }))),
  )
}

export const ardDocument = entry(some({ displayName: name }))
export const catalogDocument = entry(some({}, { displayName: name }))

/** Members of a record that are told by a person or read live. */
export const recordMembers = some(
  {
    name: oneof(
      name.map((en) => ({ en })),
      constant({ zh: '天气' }),
      constant({ en: 'Weather', zh: '天气' }),
    ),
    description: oneof(
      name.map((en) => ({ en })),
      constant({}),
    ),
    version: constantFrom('1.0.0', '3.2.1'),
    provider: some(
      { organization: name, domains: constant([]) },
      {
        url: anyUrl,
        department: name,
        license: name,
        country: constant('CN'),
        contact: constantFrom('a@b.example', 'Li'),
      },
    ),
    interfaces: uniqueArray(
      oneof(
        some({
          protocol: constant('a2a'),
          version: constantFrom('1.0', '0.3'),
          url: anyUrl,
          transport: constantFrom('jsonrpc', 'http+json'),
        }),
        some({
          protocol: constant('mcp'),
          version: constant(''),
          url: anyUrl,
          transport: constantFrom('streamable-http', 'sse'),
        }),
        some({
          protocol: constant('aip'),
          version: constant('02.02'),
          url: anyUrl,
          transport: constantFrom('jsonrpc', 'http+json'),
        }),
        some({
          protocol: constant('anp'),
          version: constant(''),
          url: anyUrl,
          transport: constant('jsonrpc'),
        }),
      ).map((each) => ({ ...each, security: [] })),
      { maxLength: 5, selector: (each: Json) => each['url'] },
    ),
    capabilities: uniqueArray(some({ id: word, name, description: anyText }), byId),
  },
  { certificate: constantFrom({ dns: ['a.example'], validityDays: 90 }, { ip: ['192.0.2.7'] }) },
)
