import { ResourceTemplate } from '@modelcontextprotocol/server'
import type { GetPromptResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { pixel, text } from './conformance-mcp-content.ts'

/** The resources, which can be read, listed, completed and watched. */
export function addResources(server: McpServer): void {
  const texts = {
    'static-text': 'This is the content of the static text resource.',
    'watched-resource': 'Watched',
  }
  for (const [name, content] of Object.entries(texts)) {
    const uri = `test://${name}`
    server.registerResource(name, uri, { description: `A text (${name})`, mimeType: 'text/plain' }, () => ({
      contents: [{ uri, mimeType: 'text/plain', text: content }],
    }))
  }
  const binary = 'test://static-binary'
  server.registerResource(
    'static-binary',
    binary,
    { description: 'A picture', mimeType: 'image/png' },
    () => ({
      contents: [{ uri: binary, mimeType: 'image/png', blob: pixel }],
    }),
  )
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'One of many', mimeType: 'application/json' },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  )
  server.server.setRequestHandler('resources/subscribe', () => ({}))
  server.server.setRequestHandler('resources/unsubscribe', () => ({}))
}

/** The prompts: plain, with arguments, with a resource and with a picture in them. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments' }, () =>
    saying(text('This is a simple prompt for testing.')),
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments',
      argsSchema: z.object({
        arg1: z.string().describe('The first'),
        arg2: z.string().describe('The second'),
      }),
    },
    ({ arg1, arg2 }) => saying(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A prompt with a resource in it',
      argsSchema: z.object({ resourceUri: z.string().describe('Which resource') }),
    },
    ({ resourceUri: uri }) =>
      saying(
        { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'What the resource holds.' } },
        text('Please process the embedded resource above.'),
      ),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with a picture in it' }, () =>
    saying({ type: 'image', data: pixel, mimeType: 'image/png' }, text('Please analyze the image above.')),
  )
}

function saying(...blocks: GetPromptResult['messages'][number]['content'][]): GetPromptResult {
  return { messages: blocks.map((content) => ({ role: 'user', content })) }
}
