import type { Json } from '@ambit/core/wire/a2a/json'
import { acsReference } from '@ambit/testkit/acs-schema'
import { serverJsonProblems } from '@ambit/testkit/server-json-schema'
import { assert, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aic, context, read, rows } from './formats-fixture.ts'
import { toDocument } from './formats.ts'

const reference = acsReference()
if (reference === undefined) {
  console.log('skipped: the ACS schema is not here, so that nothing is held against it')
}

/** Words that the formats themselves ask for. */
const formWords = new Set([
  'mtls',
  'mutualTLS',
  '02.01',
  'ANP',
  '1.0.0',
  'AgentDescription',
  'StructuredInterface',
  'openrpc',
  'MCP',
  'application/a2a-agent-card+json',
  'application/mcp-server-card+json',
  'application/ld+json',
  'application/json',
  'JSONRPC',
  'HTTP_JSON',
  'AMQP',
  'HTTP+JSON',
  'GRPC',
  'agent',
  'streamable-http',
  'sse',
  'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
])

describe('across formats', () => {
  test.each(rows)('nothing is invented from $format', ({ format, documents }) => {
    assert(
      property(documents, (document) => {
        const record = read(format, document)
        const said = JSON.stringify([document, record, context])
        for (const other of rows) {
          const written = toDocument(other.format, record, context)
          for (const text of stringsOf(written)) {
            if (formWords.has(text) || said.includes(JSON.stringify(text).slice(1, -1))) continue
            // Names and addresses that this node gives.
            if (
              /^(urn:air:[\w.-]+:(agent|mcp):agent|https:\/\/node\.example\/(a2a|agents)\/agent\/.*)$/.test(
                text,
              )
            )
              continue
            if (/^[\w.-]+\/agent$/.test(text) || text.endsWith(aic) || text.endsWith('…')) continue
            expect([other.format, text]).toBe('said by nobody')
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test('every server.json is valid by the schema of its registry', () => {
    for (const { format, documents } of rows) {
      for (const addresses of ['own', 'node'] as const) {
        assert(
          property(documents, (document) => {
            const written = toDocument('mcp', read(format, document), { ...context, addresses })
            expect(serverJsonProblems(written)).toEqual([])
          }),
          { numRuns: 50 },
        )
      }
    }
    expect(serverJsonProblems({ name: 'x', description: '', version: '1' })).toHaveLength(3)
  })

  test('an empty tenant is none', () => {
    const at = { url: 'https://a.example', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }
    const card = { name: 'W', description: '', version: '1.0.0', capabilities: {}, skills: [] }
    const { interfaces } = read('a2a', { ...card, supportedInterfaces: [{ ...at, tenant: '' }] })
    expect(interfaces).toMatchObject([{ url: at.url, transport: 'jsonrpc' }])
    expect(interfaces[0]?.tenant).toBeUndefined()
  })

  test('what a card and an ACS say of a skill by the same words goes over', () => {
    const skill = {
      id: 'tell',
      name: 'Tell',
      description: 'Tells',
      tags: ['sky'],
      examples: ['rain?'],
      inputModes: ['text/plain'],
    }
    const card = {
      name: 'Weather',
      description: '',
      version: '1.0.0',
      supportedInterfaces: [{ url: 'https://a.example', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
      capabilities: { streaming: true },
      defaultInputModes: ['text/plain'],
      defaultOutputModes: [],
      iconUrl: 'https://a.example/i.png',
      skills: [skill],
    }
    const record = read('a2a', card)
    const acs = toDocument('acs', record, context)
    expect(acs).toMatchObject({
      skills: [{ ...skill, version: '1.0.0' }],
      capabilities: { streaming: true, notification: false },
      defaultInputModes: ['text/plain'],
      iconUrl: card.iconUrl,
      endPoints: [],
    })
    expect(toDocument('a2a', read('acs', acs), context)).toMatchObject({
      skills: [skill],
      iconUrl: card.iconUrl,
    })
    expect(toDocument('ard', record, context)).toMatchObject({ tags: ['sky'], capabilities: ['tell'] })
  })

  test.skipIf(reference === undefined)('every ACS is valid by the schema of the reference registry', () => {
    for (const { format, documents } of rows) {
      assert(
        property(documents, (document) => {
          expect(reference!.problems(toDocument('acs', read(format, document), context))).toEqual([])
        }),
        { numRuns: 50 },
      )
    }
    for (const example of reference!.examples) {
      const out = toDocument('acs', read('acs', example as Json), context)
      expect(out).toEqual({ ...(example as Json), aic, lastModifiedTime: context.updated })
      expect(reference!.problems(out)).toEqual([])
    }
  })
})

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((each) => stringsOf(each))
}
