import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'

/*
 * The constraints of the MCP registry's schema of 2025-12-11 for `server.json`, written down from its text, as a second
 * reading of what the node reads and writes with its own.
 */

const text = { type: 'string' }
const uri = { type: 'string', format: 'uri' }
const input = {
  type: 'object',
  properties: {
    description: text,
    value: text,
    default: text,
    placeholder: text,
    isRequired: { type: 'boolean' },
    isSecret: { type: 'boolean' },
    format: { enum: ['string', 'number', 'boolean', 'filepath'] },
    choices: { type: 'array', items: text },
  },
}
const named = { ...input, required: ['name'], properties: { ...input.properties, name: text } }
const overHttp = (type: string) => ({
  type: 'object',
  required: ['type', 'url'],
  properties: {
    type: { enum: [type] },
    url: { type: 'string', pattern: '^https?://[^\\s]+$' },
    headers: { type: 'array', items: named },
    variables: { type: 'object', additionalProperties: input },
  },
})
const remotes = [overHttp('streamable-http'), overHttp('sse')]
const stdio = { type: 'object', required: ['type'], properties: { type: { enum: ['stdio'] } } }

const schema = {
  type: 'object',
  required: ['name', 'description', 'version'],
  properties: {
    $schema: uri,
    name: { type: 'string', minLength: 3, maxLength: 200, pattern: '^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$' },
    title: { type: 'string', minLength: 1, maxLength: 100 },
    description: { type: 'string', minLength: 1, maxLength: 100 },
    version: { type: 'string', maxLength: 255 },
    websiteUrl: uri,
    repository: {
      type: 'object',
      required: ['url', 'source'],
      properties: { url: uri, source: text, id: text, subfolder: text },
    },
    icons: {
      type: 'array',
      items: {
        type: 'object',
        required: ['src'],
        properties: { src: { ...uri, maxLength: 255 }, theme: { enum: ['light', 'dark'] } },
      },
    },
    remotes: { type: 'array', items: { anyOf: remotes } },
    packages: {
      type: 'array',
      items: {
        type: 'object',
        required: ['registryType', 'identifier', 'transport'],
        properties: {
          registryType: text,
          identifier: text,
          version: { type: 'string', minLength: 1, not: { const: 'latest' } },
          fileSha256: { type: 'string', pattern: '^[a-f0-9]{64}$' },
          registryBaseUrl: uri,
          transport: { anyOf: [stdio, ...remotes] },
          environmentVariables: { type: 'array', items: named },
        },
      },
    },
    _meta: { type: 'object' },
  },
}

const ajv = new Ajv({ strict: false, allErrors: true })
addFormats.default(ajv)
const validate = ajv.compile(schema)

/** What the registry's schema has against a `server.json`; empty when it is valid. */
export function serverJsonProblems(document: unknown): string[] {
  return validate(document)
    ? []
    : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`)
}
