import { hash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { Bytes } from '../bytes.ts'
import { Fault } from '../fault.ts'
import { look } from './follow.ts'
import type { FollowOptions } from './follow.ts'
import { followStateSchema } from './follow-state.ts'
import type { FollowState } from './follow-state.ts'
import { memorySource, testLogs } from './log-fixture.ts'
import type { TestLogs } from './log-fixture.ts'
import { trustKey } from './trust.ts'
import type { Trust } from './trust.ts'

const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(hash('sha256', bytes, 'buffer'))
const start = Date.parse('2026-01-01T00:00:00Z')
const entriesTo = (size: number): string[] => Array.from({ length: size }, (_, at) => `entry ${at}`)
type Files = ReadonlyMap<string, Uint8Array>

let logs: TestLogs
let trust: Trust
beforeAll(async () => {
  logs = await testLogs('follow.example/log', sha256)
  trust = trustKey(logs.verifier)
})

async function see(files: Files, state?: FollowState, change: Partial<FollowOptions> = {}) {
  const known = state === undefined ? {} : { state }
  return await look({ source: memorySource(files), trust, now: start, ...known, ...change })
}

const sizeOf = (state: FollowState): number | undefined => state.head?.size

test('follows a log as it grows and remembers it as plain JSON', async () => {
  const first = await see(await logs.files(entriesTo(300)))
  expect(first).toMatchObject({ outcome: { kind: 'grown', from: 0, size: 300 }, alarms: [] })
  const kept = followStateSchema.parse(JSON.parse(JSON.stringify(first.state)))
  const second = await see(await logs.files(entriesTo(700)), kept)
  expect(second.outcome).toEqual({ kind: 'grown', from: 300, size: 700 })
  const third = await see(await logs.files(entriesTo(700)), second.state)
  expect(third.outcome).toEqual({ kind: 'same', size: 700 })
  expect(sizeOf(third.state)).toBe(700)
})

test('keeps both checkpoints of a log that went back, and does not go back with it', async () => {
  const { state } = await see(await logs.files(entriesTo(300)))
  const files = await logs.files(entriesTo(200))
  const { outcome, state: after } = await see(files, state)
  const theirs = Buffer.from(files.get('checkpoint')!).toString()
  expect(outcome).toMatchObject({ kind: 'rollback', ours: state.head?.checkpoint, theirs })
  expect(after).toEqual(state)
  expect((await see(await logs.files([]), state)).outcome.kind).toBe('rollback')
})

test('notices a second history, at the same size and later', async () => {
  const { state } = await see(await logs.files(entriesTo(300)))
  const other = [...entriesTo(299), 'another']
  const same = await see(await logs.files(other), state)
  expect(same.outcome).toMatchObject({ kind: 'fork', ours: state.head?.checkpoint })
  const later = await see(await logs.files([...other, ...entriesTo(100)]), state)
  expect(later.outcome).toMatchObject({ kind: 'fork', ours: state.head?.checkpoint })
  expect(sizeOf(later.state)).toBe(300)
})

test('tells a missing file from a damaged one, and stays where it was', async () => {
  const { state } = await see(await logs.files(entriesTo(10)))
  const files = await logs.files(entriesTo(600))
  const without = new Map([...files].filter(([path]) => path !== 'tile/entries/001'))
  const missing = await see(without, state)
  expect(missing.outcome).toMatchObject({
    kind: 'missing',
    findings: [{ file: 'tile/entries/001', index: 256 }],
  })
  const damaged = await see(new Map(files).set('tile/entries/001', new Uint8Array(3)), state)
  expect(damaged.outcome).toMatchObject({ kind: 'damaged', findings: [{ file: 'tile/entries/001' }] })
  expect(sizeOf(damaged.state)).toBe(10)
  expect((await see(new Map(), state)).outcome).toMatchObject({
    kind: 'missing',
    findings: [{ file: 'checkpoint' }],
  })
})

test('believes no checkpoint of another key, nor one that is no text', async () => {
  const foreign = await testLogs('follow.example/log', sha256)
  const files = await foreign.files(entriesTo(3))
  expect((await see(files)).outcome.kind).toBe('bad-signature')
  const noText = new Map(files).set('checkpoint', Uint8Array.of(0xff, 0xfe))
  expect((await see(noText)).outcome).toMatchObject({
    kind: 'bad-signature',
    what: 'the checkpoint is not UTF-8',
  })
})

test('refuses a checkpoint of another log that is trusted too', async () => {
  const { state } = await see(await logs.files(entriesTo(3)))
  const other = await testLogs('elsewhere.example/log', sha256)
  const files = await other.files(entriesTo(9))
  const { outcome } = await see(files, state, { trust: trustKey(other.verifier) })
  expect(outcome).toMatchObject({
    kind: 'bad-signature',
    what: expect.stringContaining('another log') as string,
  })
})

test('calls a log silent that says nothing new for too long', async () => {
  const files = await logs.files(entriesTo(3))
  const { state } = await see(files)
  const limits = { silentMsMax: 60_000 }
  const early = await see(files, state, { ...limits, now: start + 60_000 })
  expect(early.outcome.kind).toBe('same')
  const late = await see(files, early.state, { ...limits, now: start + 60_001 })
  expect(late.outcome).toEqual({ kind: 'silent', size: 3, silentMs: 60_001 })
})

test('says that nobody could be asked, and lets other errors through', async () => {
  const failing = (error: Error) => ({
    source: {
      read: async () => {
        throw error
      },
    },
  })
  const unreachable = new Fault('ledger.unreachable', { detail: 'nobody answers' })
  const { outcome } = await see(new Map(), undefined, failing(unreachable))
  expect(outcome).toEqual({ kind: 'unreachable', what: 'nobody answers' })
  await expect(see(new Map(), undefined, failing(new Error('a bug')))).rejects.toThrow('a bug')
})

test('says when the quorum of witnesses is not there', async () => {
  const files = await logs.files(entriesTo(3))
  const few: Trust = async (bytes) => {
    const trusted = await trust(bytes)
    return trusted.ok ? { ok: false, problem: 'quorum', text: trusted.text, reason: 'too few' } : trusted
  }
  expect((await see(files, undefined, { trust: few })).outcome).toMatchObject({
    kind: 'unwitnessed',
    what: 'too few',
  })
})

test('alarms at a witness whose clock is minutes off, and not at an old cosignature that was there before', async () => {
  const at =
    (offsetMs: number): Trust =>
    async (bytes) => {
      const trusted = await trust(bytes)
      const time = (start + offsetMs) / 1000
      return trusted.ok ? { ...trusted, witnesses: [{ name: 'w', time }] } : trusted
    }
  const files = await logs.files(entriesTo(3))
  expect((await see(files, undefined, { trust: at(-3_600_000) })).alarms).toEqual([])
  expect((await see(files, undefined, { trust: at(300_000) })).alarms).toEqual([])
  const ahead = await see(files, undefined, { trust: at(301_000) })
  expect(ahead.alarms).toMatchObject([{ code: 'witness-clock', witness: 'w' }])
  const { state } = await see(files)
  const more = await logs.files(entriesTo(4))
  const behind = await see(more, state, { trust: at(-301_000), now: start + 60_000 })
  expect(behind.alarms).toMatchObject([
    { code: 'witness-clock', what: expect.stringContaining('301 s behind') as string },
  ])
  expect((await see(more, state, { trust: at(-299_000), now: start + 60_000 })).alarms).toEqual([])
})

test('reads the leaves of a node, each once over several looks', async () => {
  const intent = {
    v: 1,
    at: '2026-01-01T00:00:00Z',
    kind: 'act.outcome',
    act: 'a1',
    status: 'completed',
    durationMs: 1,
  }
  const entries = [JSON.stringify(intent), 'no leaf']
  const first = await see(await logs.files(entries), undefined, { intentMsMax: 1000 })
  expect(first.alarms).toMatchObject([{ code: 'outcome-without-intent', index: 0, act: 'a1' }])
  const second = await see(await logs.files([...entries, '{"kind":"new"}']), first.state, {
    intentMsMax: 1000,
  })
  expect(second.alarms).toEqual([])
  expect(second.state.leaves.unknown).toEqual({ unreadable: 1, new: 1 })
})
