import { strictestProfile } from '@ambit/core/record'
import type { Json } from '@ambit/core/wire/a2a/json'
import { recordMembers } from '@ambit/testkit/format-documents'
import { assert, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestValue } from '../kernel/digest.ts'
import { completed, context, read, rows } from './formats-fixture.ts'
import { fromDocument, toDocument } from './formats.ts'

describe.each(rows)('$format', ({ format, documents, normal }) => {
  test('there and back: a document comes out of its record as it went in', () => {
    assert(
      property(documents, (document) => {
        expect(toDocument(format, read(format, document), context)).toEqual(normal(document))
      }),
    )
  })

  test('again and again: the second record is the first', () => {
    assert(
      property(documents, (document) => {
        const first = read(format, document)
        const again = read(format, toDocument(format, first, { ...context, state: 'draft' }))
        expect(again).toEqual(first)
      }),
      { numRuns: 50 },
    )
  })

  test('a changed record says so, whatever its document said', () => {
    assert(
      property(documents, (document) => {
        const record = read(format, document)
        const changed = { ...record, name: { en: 'Another' }, version: '9.9.9' }
        const text = JSON.stringify(toDocument(format, changed, context))
        expect(text).toContain('"Another"')
        if (format !== 'anp' || typeof document['version'] === 'string') expect(text).toContain('"9.9.9"')
      }),
      { numRuns: 50 },
    )
  })

  test('nothing of it says what the agent may do', () => {
    assert(
      property(documents, (document) => {
        const { members, capabilities } = fromDocument(format, document)
        for (const capability of capabilities) {
          expect(Object.keys(capability.hints)).toEqual([])
          expect(capability.profile).toBeUndefined()
        }
        expect(members.interfaces.filter(({ security, command }) => security.length > 0 || command)).toEqual(
          [],
        )
      }),
      { numRuns: 50 },
    )
  })
})

const protocolOf = { a2a: 'a2a', mcp: 'mcp', acs: 'aip' } as const

describe.each(['a2a', 'mcp', 'acs'] as const)('a record as %s', (format) => {
  test('keeps every member that the format holds', () => {
    assert(
      property(recordMembers, (members) => {
        const record = completed({ ...members, capabilities: filled(members) })
        const again = read(format, toDocument(format, record, context))
        const spoken = record.interfaces.filter(({ protocol }) => protocol === protocolOf[format])
        expect(again.interfaces).toEqual(spoken)
        expect(again.version).toBe(record.version)
        const first =
          format === 'acs' ? (record.name.zh ?? record.name.en) : (record.name.en ?? record.name.zh)
        expect(again.name.en ?? again.name.zh).toBe(first)
        if (format === 'mcp') return
        expect(again.capabilities.map(({ id, name, description }) => [id, name, description])).toEqual(
          record.capabilities.map(({ id, name, description }) => [id, name, description]),
        )
        expect(again.provider.organization).toBe(record.provider.organization)
        expect(again.provider.url).toBe(record.provider.url)
        if (format === 'a2a') return
        expect(again.provider).toEqual(record.provider)
        expect(again.certificate).toEqual(record.certificate)
      }),
    )
  })
})

function filled(members: Json): Json[] {
  return (members['capabilities'] as Json[]).map((each) => ({
    ...each,
    definition: digestValue(each),
    profile: strictestProfile,
    modes: [],
  }))
}
