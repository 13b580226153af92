import { parseAic } from '@ambit/core/id/aic'
import { strictestProfile } from '@ambit/core/record'
import { operator, registryRoom, toolOf } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { DocumentDraft } from './from-document.ts'

const governed = { tierOf: () => 'low' as const, checksOf: async () => undefined }
const order = { organization: 'main', person: 'p_operator' } as const

function document(name: string, more: Partial<DocumentDraft['members']> = {}): DocumentDraft {
  return {
    members: {
      kind: 'agent',
      version: '1.2.0',
      name: { en: name },
      description: {},
      provider: { organization: 'Example', domains: [] },
      interfaces: [],
      supplies: [],
      foreign: { acs: { name } },
      ...more,
    },
    capabilities: [toolOf('find', 'Finds'), toolOf('book', 'Books')],
    names: [name],
    remarks: [],
  }
}

describe.each(storeEngines)('documents on $name', (engine) => {
  test('a newer one takes the place of the draft, and of a version that was submitted only beside it', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    const { slug } = await registry.draft(operator, document('Guide'))
    const { id } = registry.target(slug)!
    await registry.redraft(id, operator, document('Guide', { description: { en: 'better' } }))
    const shown = async () => (await registry.view(id, 'main', governed)).record
    expect(await shown()).toMatchObject({ version: '1.2.0', description: { en: 'better' } })
    await registry.step({ ...order, record: id, step: 'submission' })
    // The same again is the same version.
    await registry.redraft(id, operator, document('Guide', { description: { en: 'better' } }))
    expect((await shown()).version).toBe('1.2.0')
    await registry.redraft(id, operator, document('Guide', { description: { en: 'best' } }))
    expect(await shown()).toMatchObject({ version: '1.2.0+2', foreign: { acs: { version: '1.2.0' } } })
    await registry.step({ ...order, record: id, step: 'submission' })
    await registry.redraft(id, operator, document('Guide', { description: { en: 'other' } }))
    expect((await shown()).version).toBe('1.2.0+3')
    await registry.step({ ...order, record: id, step: 'retirement' })
    await expect(registry.redraft(id, operator, document('Guide'))).rejects.toMatchObject({
      code: 'record.state',
    })
  })

  test('a class has a code of its own kind, and an instance what was accepted for its class', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    const { slug } = await registry.draft(operator, document('Guide'), { as: 'class' })
    const group = registry.target(slug)!
    expect(parseAic(group.id)).toMatchObject({ isOntology: true, entity: '000000000' })
    expect(registry.issued(group.id)).toBe(true)
    expect(registry.issued('1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4')).toBe(false)
    const profile = { ...strictestProfile, effect: 'read' as const, reversibility: 0 as const }
    await registry.accept(slug, operator, { capabilities: ['find'], profiles: { find: profile } })
    for (const step of ['submission', 'activation'] as const)
      await registry.step({ ...order, record: slug, step })
    const changed = {
      ...document('Guide one'),
      capabilities: [toolOf('find', 'Finds'), toolOf('book', 'Other')],
    }
    const made = await registry.draft(operator, changed, { slug: 'one', as: { instanceOf: group.id } })
    const one = registry.target(made.slug)!
    expect(parseAic(one.id)).toMatchObject({ isOntology: false, ontology: parseAic(group.id)!.ontology })
    expect(registry.issued(one.id)).toBe(true)
    const { record } = await registry.read(one.id, 'main')
    expect(record.ontology).toBe(group.id)
    expect(
      record.capabilities.map((each) => [each.id, each.profile.effect, each.proposal === undefined]),
    ).toEqual([
      ['find', 'read', true],
      ['book', 'egress', false],
    ])
    const stranger = { ...operator, organization: 'north' }
    await expect(
      registry.draft(stranger, changed, { slug: 'two', as: { instanceOf: group.id } }),
    ).rejects.toMatchObject({ code: 'input.not-found' })
  })
})
