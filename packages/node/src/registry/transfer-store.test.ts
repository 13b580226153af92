import { operator, registryRoom } from '@ambit/testkit/registry'
import { silentLog } from '@ambit/node/kernel/log'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../kernel/route.ts'
import { createTakeOvers } from './registry.ts'
import type { Governed, Order, ProvedDomains, Registry } from './registry.ts'
import type { Store } from '../store/store.ts'
import type { AcceptRequest } from './transfer.ts'

const owner: Caller = { ...operator, person: 'p_owner', roles: ['owner'] }
const north: Caller = { ...owner, person: 'p_ada', organization: 'north' }
const governed: Governed = { tierOf: () => 'low', checksOf: async () => undefined }
const url = 'https://notes.example/mcp'

async function inUse(store: Store, domains?: ProvedDomains) {
  const room = await registryRoom(store, undefined, domains)
  await room.registry.register(operator, { url })
  await activate(room.registry, 'notes', operator)
  return room
}

async function activate(registry: Registry, record: string, { organization, person }: Caller) {
  await registry.step({ record, organization, person, step: 'submission' })
  await registry.step({ record, organization, person, step: 'activation' })
}

/** Without the rooms that keep something of a record. */
async function takeOver(registry: Registry, id: string, request: AcceptRequest = {}) {
  return await registry.transfers.finish(await registry.transfers.begin(id, north, request))
}

describe.each(storeEngines)('a transfer on $name', (engine) => {
  test('moves a record with its identity code and history, by the word of an owner on each side', async () => {
    await using store = await engine.open()
    const { registry, rulings, again } = await inUse(store)
    const { id, keys } = registry.target('notes')!
    const { id: transfer } = await registry.transfers.offer('notes', owner, { to: 'north', note: 'sold' })
    await expect(registry.transfers.offer('notes', owner, { to: 'north' })).rejects.toMatchObject({
      code: 'transfer.state',
    })
    // The giver cannot take it up, and a third sees nothing.
    await expect(registry.transfers.begin(transfer, owner, {})).rejects.toMatchObject({
      code: 'input.not-found',
    })
    expect(await registry.transfers.list('south')).toEqual([])
    expect(await registry.transfers.list('north')).toMatchObject([{ slug: 'notes', state: 'offered' }])
    await takeOver(registry, transfer, { responsible: { name: 'North desk' } })
    expect(registry.target('notes', 'main')).toBeUndefined()
    const moved = registry.target('notes', 'north')!
    expect(moved).toMatchObject({ id, organization: 'north', state: 'active', version: '1.2.1' })
    expect(moved.keys).not.toEqual(keys)
    const { record } = await registry.read('notes', 'north')
    expect(record).toMatchObject({ organization: 'north', responsible: { name: 'North desk' } })
    expect((await registry.view('notes', 'north', governed)).versions).toHaveLength(2)
    for (const organization of ['main', 'north'])
      expect((await rulings.newest(organization)).map(({ body }) => body.kind)).toContain('transfer')
    await expect(registry.read(id, 'main')).rejects.toMatchObject({ code: 'input.not-found' })
    await expect(registry.register(operator, { url, slug: 'notes' })).rejects.toMatchObject({
      code: 'record.name-held',
    })
    expect((await again()).registry.target('notes', 'north')?.state).toBe('active')
    await expect(takeOver(registry, transfer)).rejects.toMatchObject({
      code: 'transfer.state',
    })
  })

  test('where the name is taken it is accepted under another one, and nothing is half done before', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    await registry.register(north, { url, slug: 'notes' })
    const { id } = await registry.transfers.offer('notes', owner, { to: 'north' })
    await registry.step({ record: 'notes', organization: 'main', person: 'p_owner', step: 'suspension' })
    await expect(takeOver(registry, id)).rejects.toMatchObject({
      code: 'record.name-taken',
    })
    expect(registry.target('notes', 'main')?.state).toBe('suspended')
    await takeOver(registry, id, { slug: 'memos' })
    // It was not in use: it waits as a draft, and nothing the giver froze comes into use.
    expect(registry.target('memos', 'north')?.state).toBe('retired')
    expect((await registry.view('memos', 'north', governed)).draft).toBe(true)
    await activate(registry, 'memos', north)
    expect(registry.target('memos', 'north')?.state).toBe('active')
  })

  test('is declined by one side and withdrawn by the other', async () => {
    await using store = await engine.open()
    const { registry } = await inUse(store)
    const first = await registry.transfers.offer('notes', owner, { to: 'north' })
    await expect(registry.transfers.end(first.id, north, 'withdrawn')).rejects.toMatchObject({
      code: 'input.not-found',
    })
    await registry.transfers.end(first.id, north, 'declined')
    const second = await registry.transfers.offer('notes', owner, { to: 'nobody-there' })
    await registry.transfers.end(second.id, owner, 'withdrawn')
    await expect(registry.transfers.end(second.id, owner, 'withdrawn')).rejects.toMatchObject({
      code: 'transfer.state',
    })
    expect(registry.target('notes')?.state).toBe('active')
  })

  test('is begun once: an offer that was withdrawn, and a second acceptance, change nothing', async () => {
    await using store = await engine.open()
    const { registry, again } = await inUse(store)
    const other = (await again()).registry
    const first = await registry.transfers.offer('notes', owner, { to: 'north' })
    await expect(other.transfers.offer('notes', owner, { to: 'south' })).rejects.toMatchObject({
      code: 'transfer.state',
    })
    await registry.transfers.end(first.id, owner, 'withdrawn')
    await expect(registry.transfers.begin(first.id, north, {})).rejects.toMatchObject({
      code: 'transfer.state',
    })
    const { id } = await registry.transfers.offer('notes', owner, { to: 'north' })
    const [one, two] = await Promise.allSettled([
      registry.transfers.begin(id, north, {}),
      other.transfers.begin(id, north, {}),
    ])
    expect([one, two].filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    // From here on the giver's people are out of it, so nobody takes it back.
    for (const state of ['withdrawn', 'declined'] as const)
      await expect(
        registry.transfers.end(id, state === 'declined' ? north : owner, state),
      ).rejects.toMatchObject({ code: 'transfer.state', detail: 'the transfer is being carried out' })
  })

  /** Where the log is away in the middle of it: what it is asked to take then. */
  const stops = {
    'telling the receiver': /"what":"transfer"/,
    'freezing the new version': /"kind":"record"/,
    'putting it in force': /"what":"activation"/,
    'retiring the old ones': /"what":"retirement"/,
  }
  test.each(['ending mandates', ...Object.keys(stops)] as (keyof typeof stops | 'ending mandates')[])(
    'that fails at %s says so, and goes on at the next start to the same end',
    async (at) => {
      await using store = await engine.open()
      const { registry, again, clock, rulings, log } = await inUse(store)
      const { id } = registry.target('notes')!
      const offer = await registry.transfers.offer('notes', owner, { to: 'north' })
      const write = log.write.bind(log)
      let transfers = 0
      let left = at === 'ending mandates' ? [{ what: 'mandates' }] : []
      if (at !== 'ending mandates')
        log.write = async (entry) => {
          transfers += entry.includes('"what":"transfer"') ? 1 : 0
          const isIt =
            at === 'telling the receiver' ? transfers === 2 : transfers > 0 && stops[at].test(entry)
          if (isIt) throw new Error('the log is away')
          return await write(entry)
        }
      const parts = { clock, log: silentLog, handOver: async () => left }
      const recallOf = (of: Registry) => ({
        async suspend(order: Order) {
          const { ruling } = await of.step({ ...order, step: 'suspension' })
          return { ruling: ruling!, stopped: 0, acts: [], tookMs: 0 }
        },
      })
      using now = createTakeOvers({ ...parts, registry, recall: recallOf(registry) })
      const why = at === 'ending mandates' ? /mandates/ : /the log is away/
      await expect(now.accept(north, offer.id, { slug: 'memos' })).rejects.toThrow(why)
      const [stands] = await registry.transfers.list('main')
      expect(stands).toMatchObject({ state: 'accepting', problem: expect.any(String), tried: 0 })
      log.write = write
      left = []
      const { registry: restarted } = await again()
      using later = createTakeOvers({ ...parts, registry: restarted, recall: recallOf(restarted) })
      await later.start()
      expect(restarted.target('memos', 'north')).toMatchObject({ id, state: 'active' })
      expect(restarted.target('notes', 'main')).toBeUndefined()
      expect(await restarted.transfers.list('north')).toMatchObject([{ state: 'accepted', problem: null }])
      const told = (await rulings.list(id)).filter(({ body }) => body.kind === 'transfer')
      expect(told.map(({ body }) => body.note)).toEqual(['given to north', 'accepted from main'])
      const { versions } = await restarted.view('memos', 'north', governed)
      expect(versions.filter(({ state }) => state !== 'retired')).toMatchObject([{ state: 'active' }])
      const { record } = await restarted.read('memos', 'north')
      expect(record).toMatchObject({ organization: 'north', slug: 'memos' })
    },
  )

  test('where it would not come into force there, it waits as a draft and not half moved', async () => {
    await using store = await engine.open()
    const domains = { isProved: (organization: string) => organization === 'main', namesOfOthers: () => [] }
    const { registry } = await inUse(store, { ...domains, required: true })
    const { id } = await registry.transfers.offer('notes', owner, { to: 'north' })
    await takeOver(registry, id)
    expect(registry.target('notes', 'north')?.state).toBe('retired')
    expect((await registry.view('notes', 'north', governed)).draft).toBe(true)
    expect(await registry.transfers.list('north')).toMatchObject([{ state: 'accepted' }])
  })
})
