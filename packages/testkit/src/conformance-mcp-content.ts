import { fromJsonSchema } from '@modelcontextprotocol/server'
import type { CallToolResult, ContentBlock, McpServer } from '@modelcontextprotocol/server'

/** A red pixel (PNG). */
export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
/** A WAV header with no sound behind it. */
const silence = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='

const image: ContentBlock = { type: 'image', data: pixel, mimeType: 'image/png' }

/** What each tool without arguments answers; the runner knows them by these names. */
const answers: Readonly<Record<string, readonly ContentBlock[]>> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: silence, mimeType: 'audio/wav' }],
  test_embedded_resource: [
    embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
  // The check looks at what else the stream carries, which is nothing.
  test_streaming_elicitation: [text('Nothing but this answer stands on the stream.')],
}

/** Every keyword of JSON Schema 2020-12 that has to reach the client as it was written. */
const demandingSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
}

/** One argument is repeated in a header, one is not. */
const mirroredSchema = {
  type: 'object',
  properties: {
    region: { type: 'string', description: 'mirrored as Mcp-Param-Region', 'x-mcp-header': 'Region' },
    level: { type: 'integer', description: 'in the body only' },
  },
}

/** The tools that answer at once, each with one kind of content, a failure, or a schema of its own. */
export function addContentTools(server: McpServer): void {
  for (const [name, content] of Object.entries(answers)) {
    server.registerTool(name, { description: `Answers with fixed content (${name})` }, () => ({
      content: [...content],
    }))
  }
  server.registerTool('test_error_handling', { description: 'Fails' }, (): CallToolResult => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a demanding input schema', inputSchema: fromJsonSchema(demandingSchema) },
    (args) => ({ content: [text(`called with ${JSON.stringify(args)}`)] }),
  )
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Has an argument that is mirrored into a header',
      inputSchema: fromJsonSchema<{ region?: string; level?: number }>(mirroredSchema),
    },
    ({ region }) => ({ content: [text(`region=${region ?? 'none'}`)] }),
  )
}

export function text(content: string): { type: 'text'; text: string } {
  return { type: 'text', text: content }
}

function embedded(uri: string, mimeType: string, content: string): ContentBlock {
  return { type: 'resource', resource: { uri, mimeType, text: content } }
}
