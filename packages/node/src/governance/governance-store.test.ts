import { operator, registryRoom, toolOf } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { openGovernance } from './governance.ts'

const as = { record: 'notes', organization: 'main', person: 'p_operator' } as const
const dayMs = 24 * 60 * 60 * 1000

describe.each(storeEngines)('governance on $name', (engine) => {
  async function openRoom(store: Parameters<typeof registryRoom>[0]) {
    const room = await registryRoom(store)
    await room.registry.register(operator, { url: 'https://notes.example/mcp' })
    return { ...room, governance: openGovernance(room) }
  }

  test('certifies a live agent that serves what it declares, for ninety days', async () => {
    await using store = await engine.open()
    const { registry, rulings, governance, clock } = await openRoom(store)
    await registry.step({ ...as, step: 'submission' })
    const result = await governance.certify(as)
    expect(result.certified).toBe(true)
    expect(result.checks.map((check) => check.id)).toEqual([
      'answers',
      'declared',
      'schemas',
      'held',
      'responsible',
    ])
    const { digest, id } = registry.target('notes')!
    expect(result.ruling.body).toMatchObject({ kind: 'certificate', subject: { digests: [digest] } })
    expect((await rulings.list(id)).map((ruling) => ruling.body.kind)).toEqual([
      'submission',
      'test-report',
      'certificate',
    ])
    expect(await governance.checksOf(id, digest)).toEqual(result.checks)
    clock.advance(89 * dayMs)
    expect(rulings.certificateOf(digest)).toBeDefined()
    clock.advance(dayMs)
    expect(rulings.certificateOf(digest)).toBeUndefined()
  })

  test('reports what does not hold and certifies nothing', async () => {
    await using store = await engine.open()
    const { registry, rulings, governance, upstream } = await openRoom(store)
    await registry.step({ ...as, step: 'submission' })
    const odd = toolOf('list_notes', 'now different')
    upstream.tools = [{ ...odd, inputSchema: { type: 'text' } }]
    await registry.probe('notes', 'main', 'p_operator')
    const result = await governance.certify(as)
    expect(result.certified).toBe(false)
    expect(result.checks.filter((check) => !check.ok).map((check) => check.id)).toEqual([
      'declared',
      'schemas',
      'held',
    ])
    const { digest, id } = registry.target('notes')!
    expect(rulings.certificateOf(digest)).toBeUndefined()
    expect(result.ruling.body.kind).toBe('test-report')
    expect(await governance.checksOf(id, digest)).toEqual(result.checks)
    upstream.isUp = false
    const down = await governance.certify(as)
    expect(down.checks[0]).toMatchObject({ id: 'answers', ok: false })
  })

  test('a draft and a recalled version cannot be certified; another version has its own certificate', async () => {
    await using store = await engine.open()
    const { registry, rulings, governance } = await openRoom(store)
    await expect(governance.certify(as)).rejects.toMatchObject({ code: 'record.state', where: 'notes' })
    await registry.step({ ...as, step: 'submission' })
    await registry.step({ ...as, step: 'activation' })
    await governance.certify(as)
    await registry.accept('notes', operator, {})
    expect(registry.target('notes')?.version).toBe('1.2.1')
    expect(rulings.certificateOf(registry.target('notes')!.digest)).toBeUndefined()
    await registry.step({ ...as, step: 'recall' })
    await expect(governance.certify(as)).rejects.toMatchObject({ code: 'record.state' })
  })
})
