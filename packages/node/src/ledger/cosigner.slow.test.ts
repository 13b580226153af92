import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addSignatures } from '@ambit/core/log/cosignature'
import { parseCheckpoint, signCheckpoint } from '@ambit/core/log/checkpoint'
import { checkPolicy, parsePolicy } from '@ambit/core/log/policy'
import { base64 } from '@ambit/core/bytes'
import { until } from '@ambit/testkit/until'
import { afterAll, afterEach, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { createAddressGuard } from '../net/address.ts'
import { createUpstream } from '../net/upstream.ts'
import { openStore } from '../store/store.ts'
import { openRoom, operator } from '@ambit/testkit/witness'
import { createCosigner, openLedger } from './ledger.ts'
import type { Ledger, SignedHead } from './ledger.ts'
import { logsIn, signer } from './ledger-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-cosigner-'))
const options = logsIn(root)
const upstream = createUpstream(createAddressGuard(['127.0.0.0/8', '::1']))
const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(async () => {
  await upstream.close()
  rmSync(root, { recursive: true })
})

interface Peer {
  readonly vkeys: readonly string[]
  readonly url: string
}

async function witness(name: string, offMs = 0) {
  const store = await openStore('sqlite::memory:')
  const room = await openRoom(store, name)
  room.clock.now = () => Date.now() + offMs
  room.clock.monotonicMs = () => performance.now()
  await room.witness.add(operator, signer.vkey, undefined)
  closing.push(async () => {
    await room[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })
  return { ...room, vkeys: room.witness.vkeys, url: `http://127.0.0.1:${room.server.port}/witness` }
}

/** A peer that answers as it likes, with the keys of another. */
async function liar(vkeys: readonly string[], listener: RequestListener): Promise<Peer> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { vkeys, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function policyOf(peers: readonly Peer[], quorum: string) {
  const names = peers.map((_, at) => `w${at}`)
  const lines = peers.flatMap(({ vkeys, url }, at) => {
    const keys = vkeys.map((vkey, key) => `witness w${at}.${key} ${vkey} ${url}`)
    return [...keys, `group w${at} any ${vkeys.map((_, key) => `w${at}.${key}`).join(' ')}`]
  })
  const text = [
    `log ${signer.vkey}`,
    ...lines,
    `group all ${quorum} ${names.join(' ')}`,
    'quorum all',
    '',
  ].join('\n')
  const policy = await parsePolicy(text)
  if (!policy.ok) throw new Error(policy.reason)
  return policy.policy
}

async function cosignerOf(
  peers: readonly Peer[],
  more: { quorum?: string; required?: boolean; waitMs?: number; clock?: Clock } = {},
) {
  const { quorum = 'any', required = false, waitMs = 2000, clock = systemClock } = more
  const policy = await policyOf(peers, quorum)
  const { vkey } = signer
  const cosigner = await createCosigner({
    vkey,
    policy,
    required,
    waitMs,
    upstream,
    clock,
    log: silentLog,
    list: () => '',
  })
  const trusted = async (head: SignedHead, lines: readonly string[]) =>
    await checkPolicy(addSignatures(head.checkpoint, lines), policy)
  return { cosigner, trusted }
}

async function openLog(): Promise<Ledger> {
  const ledger = await openLedger(await options())
  closing.push(async () => await ledger[Symbol.asyncDispose]())
  return ledger
}

/** Writes some entries; gives the head and how its log proves that it only grew. */
async function grow(ledger: Ledger, entries = 3) {
  for (let at = 0; at < entries; at++) await ledger.write(`{"at":${ledger.size}}`)
  const checkpoint = await ledger.checkpoint(ledger.size)
  const parsed = parseCheckpoint(checkpoint)
  if (!parsed.ok) throw new Error(parsed.reason)
  const { size, root: hash } = parsed.checkpoint
  const head: SignedHead = { size, root: base64(hash), checkpoint }
  return { head, consistency: async (from: number) => await ledger.consistency(from, size) }
}

test('brings the cosignatures of every witness that the quorum asks for, checkpoint after checkpoint', async () => {
  const ledger = await openLog()
  const { cosigner, trusted } = await cosignerOf(
    [await witness('one.example'), await witness('two.example')],
    {
      quorum: 'all',
    },
  )
  for (let round = 0; round < 3; round++) {
    const { head, consistency } = await grow(ledger)
    const { lines, quorum } = await cosigner.cosign(head, consistency)
    expect(quorum).toBe(true)
    const verdict = await trusted(head, lines)
    expect(verdict).toMatchObject({ ok: true })
    expect(cosigner.state()).toMatchObject([
      { name: 'w0.0', state: 'good', size: head.size, reason: undefined },
      { name: 'w1.0', state: 'good', size: head.size, reason: undefined },
    ])
  }
})

test('asks what a witness knows when it has forgotten, and asks once more', async () => {
  const ledger = await openLog()
  const peer = await witness('one.example')
  const first = await grow(ledger)
  await (await cosignerOf([peer])).cosigner.cosign(first.head, first.consistency)
  const { head, consistency } = await grow(ledger)
  const { cosigner } = await cosignerOf([peer])
  expect(await cosigner.cosign(head, consistency)).toMatchObject({ quorum: true })
})

test('is stopped by a witness that knows a longer log, or another history', async () => {
  const [ledger, other] = [await openLog(), await openLog()]
  const peer = await witness('one.example')
  const old = await grow(ledger)
  const newer = await grow(ledger)
  await (await cosignerOf([peer])).cosigner.cosign(newer.head, newer.consistency)
  const { cosigner } = await cosignerOf([peer])
  await expect(cosigner.cosign(old.head, old.consistency)).rejects.toMatchObject({
    code: 'ledger.rolled-back',
    detail: 'the witness w0.0 has cosigned 7 entries of this log, which has 4 here',
  })
  for (const entries of [6, 12]) {
    const forked = await grow(other, entries)
    const again = await cosignerOf([peer])
    await expect(again.cosigner.cosign(forked.head, forked.consistency)).rejects.toMatchObject({
      code: 'ledger.rolled-back',
      detail: expect.stringContaining('another history') as string,
    })
  }
})

test('waits for a slow witness no longer than it may, and gives it a rest', async () => {
  const ledger = await openLog()
  const good = await witness('one.example')
  let asked = 0
  const slow = await liar((await witness('two.example')).vkeys, () => void asked++)
  const { cosigner } = await cosignerOf([good, slow], { quorum: 'all', waitMs: 100 })
  for (let round = 0; round < 5; round++) {
    const { head, consistency } = await grow(ledger)
    expect(await cosigner.cosign(head, consistency)).toMatchObject({ quorum: false, lines: { length: 2 } })
  }
  expect(asked).toBe(2)
  expect(cosigner.state()[1]).toMatchObject({ state: 'resting', size: 0 })
  const required = await cosignerOf([good, slow], { quorum: 'all', waitMs: 100, required: true })
  const { head, consistency } = await grow(ledger)
  await expect(required.cosigner.cosign(head, consistency)).rejects.toMatchObject({
    code: 'ledger.unwitnessed',
  })
})

test('does not wait for the slow one where the quorum is there', async () => {
  const ledger = await openLog()
  const slow = await liar((await witness('two.example')).vkeys, () => undefined)
  const { cosigner } = await cosignerOf([await witness('one.example'), slow], { waitMs: 60_000 })
  const { head, consistency } = await grow(ledger)
  expect(await cosigner.cosign(head, consistency)).toMatchObject({ quorum: true })
})

test('a request that a later one overtook on its way to a slow witness is no sign of a second history', async () => {
  const ledger = await openLog()
  const quick = await witness('one.example')
  const peer = await witness('two.example')
  const held: (() => void)[] = []
  let asked = 0
  let answered = 0
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isFirst = asked++ === 0
    const body = (await request.setEncoding('utf8').toArray()).join('')
    if (isFirst) await new Promise<void>((resolve) => void held.push(resolve))
    const { status, text } = await peer.post(body)
    response.writeHead(status, { 'content-type': status === 409 ? 'text/x.tlog.size' : 'text/plain' })
    response.end(text, () => void answered++)
  }
  const slow = await liar(peer.vkeys, (request, response) => void answer(request, response))
  const { cosigner } = await cosignerOf([quick, slow], { waitMs: 60_000 })
  const first = await grow(ledger)
  expect(await cosigner.cosign(first.head, first.consistency)).toMatchObject({ quorum: true })
  const second = await grow(ledger)
  await cosigner.cosign(second.head, second.consistency)
  await until('the second one', () => cosigner.state()[1]?.size === second.head.size)
  held[0]!()
  await until('the first one', () => answered === 2)
  const third = await grow(ledger)
  expect(await cosigner.cosign(third.head, third.consistency)).toMatchObject({ quorum: true })
  expect(cosigner.state()[1]).toMatchObject({ reason: undefined })
})

test.each([
  ['a signature of another text', 200, (line: string) => line, /does not belong to this text/],
  ['no signature at all', 200, () => 'hello\n', /not a signature/],
  ['an endless answer', 200, () => 'x'.repeat(1_000_000), /larger than/],
  ['that it knows no such log', 404, () => 'no', /operator has to add the key/],
  ['that the signature is bad', 403, () => 'no', /another key/],
  ['that it is asked too often', 429, () => 'no', /asked too often/],
  ['a size that is none', 409, () => 'many\n', /names no size/],
])('takes nothing from a witness that answers %s', async (_, status, body, reason) => {
  const ledger = await openLog()
  const peer = await witness('one.example')
  const { head, consistency } = await grow(ledger)
  const other = signCheckpoint(1, Buffer.alloc(32), signer)
  const foreign = await peer.post(`old 0\n\n${other}`)
  expect(foreign.status).toBe(200)
  const lying = await liar(peer.vkeys, (request, response) => {
    request.resume()
    response.writeHead(status, { 'content-type': status === 409 ? 'text/x.tlog.size' : 'text/plain' })
    response.end(body(foreign.text))
  })
  const { cosigner } = await cosignerOf([lying])
  expect(await cosigner.cosign(head, consistency)).toEqual({ lines: [], quorum: false })
  expect(cosigner.state()[0]).toMatchObject({
    state: 'failing',
    reason: expect.stringMatching(reason) as string,
  })
})

test('takes no cosignature whose clock is more than five minutes off', async () => {
  const ledger = await openLog()
  const { head, consistency } = await grow(ledger)
  for (const [name, offMs, quorum] of [
    ['one.example', -310_000, false],
    ['two.example', 310_000, false],
    ['three.example', -290_000, true],
  ] as const) {
    const { cosigner } = await cosignerOf([await witness(name, offMs)])
    expect(await cosigner.cosign(head, consistency)).toMatchObject({ quorum })
    if (!quorum) expect(cosigner.state()[0]?.reason).toMatch(/5 minutes off/)
  }
})

test('a log that its witness refuses signs and takes nothing more', async () => {
  const peer = await witness('one.example')
  const { cosigner } = await cosignerOf([peer])
  const longer = await grow(await openLog(), 50)
  await (await cosignerOf([peer])).cosigner.cosign(longer.head, longer.consistency)
  const ledger = await openLedger({ ...(await options()), cosigner, onFailure: () => undefined })
  closing.push(async () => await ledger[Symbol.asyncDispose]())
  const state = await until('the log stops', () => ledger.state().state === 'failed' && ledger.state())
  expect(state.reason).toContain('has cosigned 51 entries of this log')
  await expect(ledger.write('{}')).rejects.toMatchObject({ code: 'ledger.rolled-back' })
  expect(state.publishedSize).toBe(1)
})
