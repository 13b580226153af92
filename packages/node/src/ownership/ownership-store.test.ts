import { createLocalBus } from '@ambit/node/bus/local'
import { silentLog } from '@ambit/node/kernel/log'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { operator } from '@ambit/testkit/registry'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { Fault } from '@ambit/core/fault'
import { describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import type { Upstream } from '../net/upstream.ts'
import { openOwnership, stateOf } from './ownership.ts'

const north = { ...operator, organization: 'north', person: 'p_ada' }
const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

interface Page {
  readonly status: number
  readonly location?: string
  readonly body?: string
}

/** A web of a few pages; whatever is not there cannot be reached. */
function webOf(pages: Map<string, Page>) {
  const asked: string[] = []
  const upstream: Upstream = {
    send({ url }, handler) {
      asked.push(url.href)
      const page = pages.get(url.href)
      queueMicrotask(() => {
        if (page === undefined) {
          handler.error(new Fault('upstream.unreachable', { detail: 'nobody is there' }), false)
          return
        }
        handler.head(page.status, page.location === undefined ? {} : { location: page.location })
        handler.data(Buffer.from(page.body ?? ''))
        handler.end()
      })
      return { abort: () => undefined, resume: () => undefined }
    },
    close: async () => undefined,
  }
  return { asked, upstream }
}

async function room(store: Store, required = false) {
  const clock = handClock()
  const leaves = memoryLog()
  const pages = new Map<string, Page>()
  const zone = new Map<string, string[]>()
  const web = webOf(pages)
  const bus = createLocalBus(silentLog)
  const open = async () =>
    await openOwnership({
      store,
      upstream: web.upstream,
      texts: { find: async (name) => zone.get(name) ?? [] },
      nameOf: async (id) => (id === 'north' ? 'North Bank' : 'Main'),
      leaves,
      bus,
      clock,
      log: silentLog,
      required,
    })
  return { clock, leaves, pages, zone, asked: web.asked, ownership: await open(), again: open }
}

describe.each(storeEngines)('domains on $name', (engine) => {
  test('are proved by a TXT record, which the log says, and forgotten when given up', async () => {
    await using store = await engine.open()
    const { ownership, zone, leaves, again } = await room(store)
    const { token, domain } = await ownership.add(north, ' Bank.Example. ')
    expect(domain).toBe('bank.example')
    expect((await ownership.add(north, 'bank.example')).token).toBe(token)
    expect(stateOf(await ownership.check(north, 'bank.example'))).toBe('claimed')
    expect(ownership.isProved('north', 'bank.example')).toBe(false)
    zone.set('_ambit.bank.example', ['v=spf1', token])
    expect(await ownership.check(north, 'bank.example')).toMatchObject({ way: 'dns', problem: null })
    for (const each of [ownership, await again()]) {
      expect(each.isProved('north', 'bank.example')).toBe(true)
      expect(each.isProved('north', 'mcp.bank.example')).toBe(true)
      expect(each.isProved('north', 'notbank.example')).toBe(false)
      expect(each.isProved('main', 'bank.example')).toBe(false)
      expect([...each.namesOfOthers('main')]).toEqual(['North Bank'])
      expect([...each.namesOfOthers('north')]).toEqual([])
    }
    expect(leaves.leaves).toMatchObject([{ kind: 'rights', what: 'domain-proved', domain: 'bank.example' }])
    await ownership.remove(north, 'bank.example')
    expect(ownership.isProved('north', 'bank.example')).toBe(false)
    expect(leaves.leaves.at(-1)).toMatchObject({ what: 'domain-lost' })
    await expect(ownership.check(north, 'bank.example')).rejects.toMatchObject({ code: 'input.not-found' })
  })

  test('are proved by a file, also behind a redirect within the domain', async () => {
    await using store = await engine.open()
    const { ownership, pages } = await room(store)
    const { token } = await ownership.add(north, 'bank.example')
    const file = 'https://bank.example/.well-known/ambit-domain'
    const elsewhere = 'https://www.bank.example/proof'
    pages.set(file, { status: 301, location: elsewhere })
    pages.set(elsewhere, { status: 200, body: `ambit-domain=other\r\n${token}\r\n` })
    expect(await ownership.check(north, 'bank.example')).toMatchObject({ way: 'file' })
  })

  test.each([
    ['another domain', 'https://evil.example/x'],
    ['a domain that only ends alike', 'https://evilbank.example/x'],
    ['http', 'http://bank.example/x'],
    ['another port', 'https://bank.example:8443/x'],
    ['a private address', 'https://127.0.0.1/x'],
    ['credentials', 'https://a:b@bank.example/x'],
  ])('are not proved by a file that leads to %s, and nobody is asked there', async (_what, location) => {
    await using store = await engine.open()
    const { ownership, pages, asked } = await room(store)
    const { token } = await ownership.add(north, 'bank.example')
    pages.set('https://bank.example/.well-known/ambit-domain', { status: 302, location })
    pages.set(location, { status: 200, body: token })
    const row = await ownership.check(north, 'bank.example')
    expect(stateOf(row)).toBe('claimed')
    expect(row.problem).toContain('out of its domain')
    expect(asked).toHaveLength(1)
  })

  test('are not proved by somebody else’s token, a large file, or redirects without end', async () => {
    await using store = await engine.open()
    const { ownership, pages } = await room(store)
    const other = await ownership.add(operator, 'bank.example')
    const { token } = await ownership.add(north, 'bank.example')
    expect(token).not.toBe(other.token)
    const file = 'https://bank.example/.well-known/ambit-domain'
    for (const page of [
      { status: 200, body: other.token },
      { status: 200, body: `${'x'.repeat(9000)}\n${token}` },
      { status: 200, body: `#${token}` },
      { status: 302, location: file },
      { status: 404, body: token },
    ]) {
      pages.set(file, page)
      expect(stateOf(await ownership.check(north, 'bank.example'))).toBe('claimed')
    }
    expect(ownership.isProved('north', 'bank.example')).toBe(false)
  })

  test('are looked at again, and lost when the proof is gone for a week', async () => {
    await using store = await engine.open()
    const { ownership, zone, clock, leaves } = await room(store)
    const { token } = await ownership.add(north, 'bank.example')
    zone.set('_ambit.bank.example', [token])
    await ownership.check(north, 'bank.example')
    zone.clear()
    const seen = new Set<string>()
    for (let hours = 0; hours < 9 * 24 && ownership.isProved('north', 'bank.example'); hours++) {
      clock.advance(hourMs)
      // The next round is planned when this one is over.
      await until('the round is over', () => clock.timers > 0)
      seen.add(stateOf((await ownership.list('north'))[0]!))
    }
    expect([...seen]).toEqual(['proved', 'failing', 'claimed'])
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThan(7 * dayMs)
    expect(leaves.leaves.map((leaf) => (leaf.kind === 'rights' ? leaf.what : ''))).toEqual([
      'domain-proved',
      'domain-lost',
    ])
  })

  test.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    'bank',
    'a b.example',
    'https://bank.example',
    'bank.example:80',
  ])('%s is refused', async (domain) => {
    await using store = await engine.open()
    const { ownership } = await room(store)
    await expect(ownership.add(north, domain)).rejects.toMatchObject({ code: 'ownership.domain' })
  })

  test('an organisation has fifty at most', async () => {
    await using store = await engine.open()
    const { ownership } = await room(store)
    for (let n = 0; n < 50; n++) await ownership.add(north, `d${n}.example`)
    await expect(ownership.add(north, 'more.example')).rejects.toMatchObject({ code: 'ownership.too-many' })
    await ownership.add(operator, 'more.example')
  })
})
