import { auditor, operator, registryRoom } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'

const url = 'https://notes.example/mcp'
const governed = { tierOf: () => 'low' as const, checksOf: async () => undefined }
const as = { record: 'notes', organization: 'main', person: 'p_operator' } as const

describe.each(storeEngines)('registering on $name', (engine) => {
  test('credentials go to the vault and to the origin that was named, never into the record', async () => {
    await using store = await engine.open()
    const { registry, secrets, upstream } = await registryRoom(store)
    const token = 'Bearer very-secret'
    await registry.register(operator, { url, secrets: [{ header: 'Authorization', value: token }] })
    expect(upstream.lastHeaders).toEqual({ Authorization: token })
    const { record } = await registry.read('notes', 'main')
    expect(record.interfaces[0]?.security).toEqual([{ header: 'Authorization', secret: 'authorization' }])
    expect(JSON.stringify(await registry.view('notes', 'main', governed))).not.toContain('very-secret')
    expect([...secrets.entries]).toEqual([
      [JSON.stringify(['main', 'p_operator', record.id, 'authorization']), token],
    ])
    await registry.probe('notes', 'main', 'p_operator')
    expect(upstream.lastHeaders).toEqual({ Authorization: token })

    upstream.interfaceUrl = 'https://elsewhere.example/mcp'
    await registry.register(operator, { url, slug: 'odd', secrets: [{ header: 'x-key', value: 'k' }] })
    const odd = await registry.view('odd', 'main', governed)
    expect(odd.record.interfaces[0]?.security).toEqual([])
    expect(odd.remarks.join()).toContain('another origin')
  })

  test('keeps the document that a record was read from letter for letter, the newest one', async () => {
    await using store = await engine.open()
    const { registry, upstream, again } = await registryRoom(store)
    upstream.document = '{ "name" :"Notes" }'
    await registry.register(operator, { url })
    const { id } = registry.target('notes')!
    expect(await registry.document(id)).toBe('{ "name" :"Notes" }')
    upstream.document = '{"name":"Notes","signatures":[{}]}'
    expect((await registry.probe('notes', 'main', 'p_operator')).changes).toEqual([])
    upstream.document = undefined
    await registry.probe('notes', 'main', 'p_operator')
    const restarted = await again()
    expect(await restarted.registry.document(id)).toBe('{"name":"Notes","signatures":[{}]}')
    expect(await registry.document('nobody')).toBeUndefined()
  })

  test('applies a whole document once, then finds nothing new in it', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    await registry.register(operator, { url })
    const { record } = await registry.read('notes', 'main')
    expect(await registry.apply(operator, record)).toEqual({ slug: 'notes', unchanged: true })
    await registry.step({ ...as, step: 'submission' })
    await registry.step({ ...as, step: 'activation' })
    expect(await registry.apply(operator, record)).toEqual({ slug: 'notes', unchanged: true })
    const changed = { ...record, version: '2.0.0', description: { en: 'New' } }
    expect(await registry.apply(operator, changed)).toEqual({ slug: 'notes', unchanged: false })
    expect(await registry.apply(operator, changed)).toEqual({ slug: 'notes', unchanged: true })
    await expect(registry.apply(operator, { ...record, description: { en: 'Other' } })).rejects.toMatchObject(
      {
        code: 'record.version-taken',
      },
    )
    const { id: _, keys: _keys, ...fresh } = { ...record, slug: 'copy' }
    expect(await registry.apply(operator, fresh)).toEqual({ slug: 'copy', unchanged: false })
    expect(registry.target('copy')?.id).not.toBe(record.id)
    const foreign = record.id.replace('000001', '000009')
    await expect(registry.apply(operator, { ...record, id: foreign, slug: 'x' })).rejects.toMatchObject({
      code: 'record.invalid',
    })
    await expect(registry.apply(operator, { ...record, kind: 'ghost' })).rejects.toMatchObject({
      where: 'kind',
    })
  })

  test('imports a configuration of a client, each entry with its own result', async () => {
    await using store = await engine.open()
    const { registry, secrets, upstream } = await registryRoom(store)
    const results = await registry.import(operator, {
      Remote: { url, headers: { 'x-api-key': 'secret-one' }, type: 'http' },
      local: { command: 'notes-server', args: ['--fast'], env: { NOTES_KEY: 'secret-two' }, disabled: false },
      asks: { url, headers: { authorization: 'Bearer ${input:token}' } },
      broken: { url: 7 },
      neither: {},
    })
    expect(results.map((each) => (each.ok ? each.slug : each.problem.where))).toEqual([
      'remote',
      'local',
      'mcpServers.asks.authorization',
      'mcpServers.broken.url',
      'url',
    ])
    const { record } = await registry.read('local', 'main')
    expect(record.interfaces[0]?.command).toEqual({
      program: 'notes-server',
      args: ['--fast'],
      env: ['NOTES_KEY'],
    })
    expect(JSON.stringify(record)).not.toContain('secret-two')
    expect([...secrets.entries.values()].sort()).toEqual(['secret-one', 'secret-two'])
    await registry.probe('local', 'main', 'p_anyone')
    expect(upstream.lastEnv).toEqual({ NOTES_KEY: 'secret-two' })
  })

  test('only operators register commands or leave credentials for everyone', async () => {
    await using store = await engine.open()
    const { registry, secrets } = await registryRoom(store)
    const command = { program: 'x', args: [] }
    await expect(registry.register(auditor, { command })).rejects.toMatchObject({ code: 'auth.role' })
    await registry.register(operator, { url, secrets: [{ header: 'x-key', value: 'mine' }] })
    const secret = { header: 'X-Key', value: 'theirs' }
    await expect(registry.putSecret('notes', auditor, { ...secret, for: 'everyone' })).rejects.toMatchObject({
      code: 'auth.role',
    })
    await registry.putSecret('notes', auditor, { ...secret, for: 'me' })
    expect([...secrets.entries.values()]).toEqual(['mine', 'theirs'])
    await expect(
      registry.putSecret('notes', auditor, { header: 'x-other', value: 'v', for: 'me' }),
    ).rejects.toMatchObject({ code: 'input.invalid' })
    await registry.putSecret('notes', operator, { header: 'x-other', value: 'v', for: 'everyone' })
    const { record } = await registry.read('notes', 'main')
    expect(record.interfaces[0]?.security.map((each) => each.secret)).toEqual(['x-key', 'x-other'])
  })

  test.each([
    [{ header: 'x-key\r\nhost', value: 'v' }],
    [{ header: 'x-key', value: 'v\r\nhost: evil' }],
    [{ header: 'Host', value: 'evil' }],
    [{ header: 'Mcp-Session-Id', value: 'x' }],
  ])('refuses the credential %j', async (secret) => {
    await using store = await engine.open()
    const { registry, upstream } = await registryRoom(store)
    await expect(registry.register(operator, { url, secrets: [secret] })).rejects.toMatchObject({
      code: 'input.invalid',
    })
    expect(upstream.asked).toBe(0)
  })

  test('refuses addresses that are none or carry a password', async () => {
    await using store = await engine.open()
    const { registry } = await registryRoom(store)
    for (const bad of ['ftp://x', 'javascript:alert(1)', 'notes', 'https://me:secret@notes.example/']) {
      const failing = registry.register(operator, { url: bad })
      await expect(failing).rejects.toMatchObject({ code: 'input.invalid', where: 'url' })
      await expect(failing).rejects.not.toThrow('secret')
    }
  })

  test('the credentials of one origin are not sent to another', async () => {
    await using store = await engine.open()
    const { registry, upstream } = await registryRoom(store)
    await registry.register(operator, { url, secrets: [{ header: 'x-key', value: 'k' }] })
    const { record } = await registry.read('notes', 'main')
    const [first] = record.interfaces
    const elsewhere = { ...first!, url: 'https://elsewhere.example/mcp', security: [] }
    const { id: _, keys: _keys, ...rest } = record
    await registry.apply(operator, { ...rest, slug: 'two', interfaces: [elsewhere, first] })
    const secret = { header: 'x-other', value: 'v', for: 'everyone' as const }
    await registry.putSecret('two', operator, secret)
    await registry.putSecret('two', operator, { ...secret, header: 'x-key', value: 'secret-two' })
    await registry.probe('two', 'main', 'p_operator')
    expect(upstream.lastHeaders).toEqual({ 'x-other': 'v' })
  })
})
