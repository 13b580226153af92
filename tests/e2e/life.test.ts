import { certificateRequest } from '@ambit/sdk/certificate-request'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { nodeStores } from '@ambit/testkit/node-stores'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * A record is renamed, handed over, taken down and put out of service: each on real calls, by the people who may, and
 * each time what was allowed before is refused.
 */

const all = [{ capability: '*', decision: 'autonomous' as const }]
/** It ends because it is stopped, or not at all. */
const endless = { steps: 100_000, ms: 20 }

describe.each(nodeStores)('the life of a record on $name', (store) => {
  let node: TestNode
  let desk: TestMcpServer
  let north: Ambit

  beforeAll(async () => {
    desk = await startMcpServer()
    node = await startTestNode(await store.options())
    const added = await node.ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
    north = (await signInOwner(node.url, added.signInLink)).ambit
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    await desk?.close()
  })

  const use = async (ambit: Ambit, target: string, more: Parameters<typeof allow>[2] = {}) =>
    await allow(
      ambit,
      all.map((each) => ({ ...each, target })),
      more,
    )

  async function say(access: TestAccess, text: string): Promise<string> {
    return (await rawCall(node.port, { token: access.token, args: { text } })).text
  }

  /** Begins a call that does not end by itself. */
  async function hang(access: TestAccess): Promise<{ readonly ended: Promise<string> }> {
    const before = desk.calls.length
    const call = rawCall(node.port, { token: access.token, name: 'slow', args: endless })
    await until('the server has the call', () => desk.calls.slice(before).some(({ tool }) => tool === 'slow'))
    return { ended: call.then((answer) => answer.text) }
  }

  test('a takedown reaches a record of another organisation at once, and holds its name and address', async () => {
    await bringOnline(north, { url: desk.url }, 'siphon')
    const { record } = await north.records.get('siphon')
    const access = await use(north, 'siphon')
    const own = await use(north, '*', { agent: 'siphon' })
    expect(await say(access, 'before')).toContain('before')
    const { ended } = await hang(access)
    const done = await node.ambit.takedowns.takeDown({ record: record.id, reason: 'sends it to a stranger' })
    expect(done.stopped).toBe(1)
    expect(done.ruling.body).toMatchObject({ kind: 'takedown', note: 'sends it to a stranger' })
    expect(await ended).toContain('recalled')
    const calls = desk.calls.length
    // As callee and as caller.
    expect(await say(access, 'after')).toContain('record.recalled')
    await bringOnline(north, { url: desk.url }, 'honest').catch(() => undefined)
    expect(await say(own, 'mine')).not.toContain('"mine"')
    expect(desk.calls.length).toBe(calls)
    for (const step of ['reinstate', 'retire', 'decommission'] as const) {
      if (step === 'decommission') continue
      await expect(north.records[step]('siphon')).rejects.toMatchObject({ code: 'record.taken-down' })
    }
    const again = { url: desk.url, slug: 'other', name: { en: 'Other' } }
    await expect(north.records.register(again)).rejects.toMatchObject({ code: 'record.quarantined' })
    const view = await north.records.get('siphon')
    expect(view.takedown).toMatchObject({ ruling: done.ruling.body.id, reason: 'sends it to a stranger' })
    const anybody = connectAmbit({ url: node.url })
    expect(await anybody.takedowns.tombstone(record.id)).toMatchObject({ reason: 'sends it to a stranger' })
    // Only those who run the node take away and give back.
    for (const call of [
      async () => await north.takedowns.takeDown({ record: record.id, reason: 'mine' }),
      async () => await north.takedowns.lift(record.id, 'mine'),
      async () => await north.takedowns.list(),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'identity.node-operators' })
    await node.ambit.takedowns.lift(record.id, 'it was mended')
    expect(await say(access, 'not yet')).toContain('record.suspended')
    await north.records.reinstate('siphon', 'mended')
    expect(await say(access, 'again')).toContain('again')
    await expect(anybody.takedowns.tombstone(record.id)).rejects.toMatchObject({ code: 'input.not-found' })
    await north.records.decommission('siphon')
  })

  test('a transfer ends what the giver’s people were allowed; identity and history stay', async () => {
    await bringOnline(node.ambit, { url: desk.url }, 'ledger')
    const before = await node.ambit.records.get('ledger')
    await node.ambit.records.putSecret('ledger', { header: 'x-key', value: 'theirs', for: 'everyone' })
    const named = await use(node.ambit, 'ledger')
    const wide = await use(node.ambit, '*')
    const { ended } = await hang(wide)
    const offer = await node.ambit.transfers.offer('ledger', { to: 'north', note: 'sold' })
    await expect(node.ambit.transfers.accept(offer.id)).rejects.toMatchObject({ code: 'input.not-found' })
    expect(await north.transfers.list()).toMatchObject([{ slug: 'ledger', from: 'main', state: 'offered' }])
    const { token } = await north.people.createToken({ name: 'a program' })
    const program = connectAmbit({ url: node.url, token })
    await expect(program.transfers.accept(offer.id)).rejects.toMatchObject({ code: 'auth.session-only' })
    const after = await north.transfers.accept(offer.id, { responsible: { name: 'North desk' } })
    expect(after).toMatchObject({ state: 'active', record: { id: before.record.id, organization: 'north' } })
    expect(after.versions[0]!.digest).toBe(before.versions[0]!.digest)
    expect(await ended).toMatch(/suspended|revoked/)
    const calls = desk.calls.length
    expect(await say(named, 'once more')).toContain('auth.revoked')
    expect(await say(wide, 'once more')).not.toContain('"once more"')
    expect(desk.calls.length).toBe(calls)
    await expect(node.ambit.records.get(before.record.id)).rejects.toMatchObject({ code: 'input.not-found' })
    expect(await say(await use(north, 'ledger'), 'ours now')).toContain('ours now')
    // The key of the former keeper is gone, and so is what they left for the server.
    expect(after.record.keys).not.toEqual(before.record.keys)
    const kinds = (await north.records.rulings('ledger')).map(({ body }) => body.kind)
    expect(kinds).toEqual(expect.arrayContaining(['transfer', 'suspension', 'activation']))
    const again = node.ambit.records.register({ url: desk.url, slug: 'ledger' })
    await expect(again).rejects.toMatchObject({ code: 'record.name-held' })
    await north.records.decommission('ledger')
  })

  test('a rename keeps identity; the old name points on, and reaches nothing', async () => {
    await bringOnline(node.ambit, { url: desk.url }, 'old-name')
    const { record } = await node.ambit.records.get('old-name')
    const byName = await use(node.ambit, 'old-name')
    const byId = await use(node.ambit, record.id)
    const renamed = await node.ambit.records.rename('old-name', { slug: 'new-name' })
    expect(renamed).toMatchObject({ state: 'active', record: { id: record.id, slug: 'new-name' } })
    await expect(node.ambit.records.get('old-name')).rejects.toMatchObject({
      code: 'record.renamed',
      where: 'new-name',
    })
    expect(await say(byId, 'hello')).toContain('hello')
    const calls = desk.calls.length
    expect(await say(byName, 'hello')).not.toContain('"hello"')
    expect(desk.calls.length).toBe(calls)
    await node.ambit.records.decommission('new-name')
  })

  test('a name that looks like another’s is refused, whoever asks, and told of nobody', async () => {
    await bringOnline(node.ambit, { url: desk.url }, 'mailer')
    for (const ambit of [node.ambit, north]) {
      const problem = await ambit.records.register({ url: desk.url, slug: 'rnailer' }).then(
        () => undefined,
        (error: unknown) => JSON.stringify(error),
      )
      expect(problem).toContain('record.name-confusable')
      expect(problem).not.toContain('main')
    }
    const trick = { url: desk.url, slug: 'post', name: { en: 'Mаiler' } }
    await expect(north.records.register(trick)).rejects.toMatchObject({ code: 'record.name-unreadable' })
    expect((await north.records.list()).records.map(({ slug }) => slug)).toEqual([])
    await node.ambit.records.register({ url: desk.url, slug: 'rnailer', confirmName: true })
    expect((await node.ambit.records.get('rnailer')).remarks.join()).toContain('confirmed')
    await node.ambit.records.decommission('rnailer')
    await node.ambit.records.decommission('mailer')
  })

  test('where an organisation asks for two people, one alone brings nothing into use', async () => {
    await node.ambit.records.setReview({ twoPeople: true })
    await expect(bringOnline(node.ambit, { url: desk.url }, 'pair')).rejects.toMatchObject({
      code: 'record.second-person',
    })
    await node.ambit.records.comment('pair', 'Looks right to me.')
    expect((await node.ambit.records.comments('pair'))[0]).toMatchObject({ text: 'Looks right to me.' })
    const access = await use(node.ambit, 'pair')
    expect(await say(access, 'not yet')).toContain('record.not-active')
    const { signInLink } = await node.ambit.people.add({ name: 'Second', roles: ['operator'] })
    const second = (await signInOwner(node.url, signInLink)).ambit
    await expect(second.records.setReview({ twoPeople: false })).rejects.toMatchObject({ code: 'auth.role' })
    await second.records.activate('pair')
    expect(await say(access, 'now')).toContain('now')
    await node.ambit.records.setReview({ twoPeople: false })
    await node.ambit.records.decommission('pair')
  })

  test('a recall reaches what is made of it: advised, or suspended where that was asked', async () => {
    await bringOnline(node.ambit, { url: desk.url }, 'part')
    const part = await node.ambit.records.get('part')
    const madeOf = async (ambit: Ambit, slug: string) => {
      await ambit.records.register({ url: desk.url, slug })
      const { record } = await ambit.records.get(slug)
      await ambit.records.apply({
        ...record,
        supplies: [{ kind: 'record', name: 'part', digest: part.digest }],
      })
      await ambit.records.accept(slug)
      await ambit.records.submit(slug)
      await ambit.records.activate(slug)
      return await use(ambit, slug)
    }
    const own = await madeOf(node.ambit, 'whole')
    const theirs = await madeOf(north, 'suite')
    expect((await north.records.get('suite')).supplies).toMatchObject([{ name: 'part', state: 'active' }])
    const recalled = await node.ambit.records.recall('part', { note: 'leaks', dependants: true })
    expect(recalled.dependants).toMatchObject([{ slug: 'whole', suspended: true }])
    expect(await say(own, 'still')).toContain('suspended')
    // Of another organisation it is only advised.
    expect(await say(theirs, 'still')).toContain('still')
    const view = await north.records.get('suite')
    expect(view.rulings.at(-1)!.body).toMatchObject({ kind: 'advisory', evidence: [part.digest] })
    expect(view.rulings.at(-1)!.body.note).toContain('leaks')
    expect(view.supplies).toMatchObject([{ name: 'part', state: 'recalled' }])
    for (const slug of ['part', 'whole']) await node.ambit.records.decommission(slug)
    await north.records.decommission('suite')
  })

  test('decommissioning revokes all that hangs on a record, says so in the log, and can be repeated', async () => {
    await bringOnline(node.ambit, { url: desk.url }, 'doomed')
    const { record } = await node.ambit.records.get('doomed')
    await node.ambit.records.putSecret('doomed', { header: 'x-key', value: 'secret', for: 'everyone' })
    const on = await use(node.ambit, 'doomed')
    const by = await use(node.ambit, '*', { agent: 'doomed' })
    const mixed = await allow(node.ambit, [
      { target: 'doomed', capability: '*', decision: 'autonomous' },
      { target: 'else', capability: '*', decision: 'autonomous' },
    ])
    const { request } = await certificateRequest(record.id)
    await node.ambit.certificates.issue('doomed', { usage: 'clientAuth', csr: request })
    const { ended } = await hang(on)
    const report = await node.ambit.records.decommission('doomed', 'replaced')
    expect(await ended).toMatch(/suspended|revoked/)
    expect(report.residue).toEqual([])
    const counts = Object.fromEntries(report.done.map(({ what, count }) => [what, count]))
    expect(counts).toMatchObject({ records: 1, tokens: 2, mandates: 2, credentials: 1 })
    const { certificates } = await node.ambit.certificates.list(record.id)
    // The authority hears of the retirement itself, so that whichever comes first revokes it.
    expect(certificates).toMatchObject([{ holds: false, reason: 5 }])
    const calls = desk.calls.length
    for (const access of [on, by]) expect(await say(access, 'again')).toContain('auth.revoked')
    expect(await say(mixed, 'again')).not.toContain('"again"')
    expect(desk.calls.length).toBe(calls)
    const [last] = (await node.ambit.records.rulings(record.id)).slice(-1)
    expect(last!.body).toMatchObject({ id: report.ruling, kind: 'retirement', basis: ['decommission'] })
    expect(last!.body.evidence).toHaveLength(1)
    // While a mandate still names it, nobody else takes the name.
    await expect(node.ambit.records.register({ url: desk.url, slug: 'doomed' })).rejects.toMatchObject({
      code: 'record.name-held',
    })
    const second = await node.ambit.records.decommission('doomed')
    expect(second.done.every(({ count }) => count === 0)).toBe(true)
    expect(second.residue).toEqual([])
    expect(await node.ambit.records.decommissioned(record.id)).toEqual(second)
    await expect(north.records.decommission('doomed')).rejects.toMatchObject({ code: 'input.not-found' })
  })
})
