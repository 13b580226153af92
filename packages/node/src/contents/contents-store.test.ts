import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base64urlBytes, utf8 } from '@ambit/core/bytes'
import type { Leaf } from '@ambit/core/leaf'
import { eraseLeafSchema } from '@ambit/core/leaf'
import { commitment } from '@ambit/core/receipt'
import { handClock } from '@ambit/testkit/clock'
import { storeEngines } from '@ambit/testkit/stores'
import type { StoreEngine } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { openIdentity } from '../identity/identity.ts'
import type { SubjectKeys } from '../identity/identity.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openStore } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import { headBytes } from './block.ts'
import { openContents, openShelf } from './contents.ts'
import { recordHeadBytes, writeRecordHead } from './record.ts'
import { sealBlock } from './seal.ts'
import { actId } from './shelf-fixture.ts'

const pollOptions = { timeout: 10_000 }
const dayMs = 24 * 3600 * 1000

/** The part of a log that contents need; fails while `broken`. */
function smallLog() {
  const entries: string[] = []
  const log = {
    entries,
    broken: false,
    get size() {
      return entries.length
    },
    async write(entry: string) {
      if (log.broken) throw new Error('the node ended')
      return entries.push(entry) - 1
    },
  }
  const ledger = {
    write: async (entry: string) => await log.write(entry),
    get size() {
      return entries.length
    },
    async *entries(from: number) {
      for (let index = from; index < entries.length; index++) yield { index, entry: utf8(entries[index]!) }
    },
  }
  return { log, ledger: ledger as unknown as Ledger }
}

async function openRoom(store: Store) {
  const clock = handClock(Date.UTC(2026, 9, 1))
  const ids = createIds(clock)
  const parts = {
    store,
    keyring: createKeyring(Buffer.alloc(32, 7), clock),
    leaves: { write: async () => 0 },
    bus: createLocalBus(silentLog),
    clock,
    ids,
  }
  const identity = await openIdentity(parts)
  const person = (await identity.members.people('main'))[0]!.id
  const directory = mkdtempSync(join(tmpdir(), 'ambit-contents-'))
  const { log, ledger } = smallLog()
  const open = async (keep: number | 'off' = 180) =>
    await openContents({
      keepDays: keep === 'off' ? undefined : keep,
      directory,
      store,
      ledger,
      clock,
      ids,
      subjects: identity.subjects,
      log: silentLog,
    })
  return {
    clock,
    identity,
    person,
    directory,
    log,
    open,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

type Room = Awaited<ReturnType<typeof openRoom>>

/** A sealed block with one content, the same each time. */
function oneBlock(keys: SubjectKeys, now: number): Buffer {
  const record = Buffer.alloc(recordHeadBytes + 4)
  writeRecordHead(record, 0, actId(1), 'result', 4, false)
  record.write('once', recordHeadBytes)
  const block = Buffer.alloc(headBytes + record.length)
  sealBlock(block, 0, keys, { count: 1, first: now, last: now, nonce: Buffer.alloc(12, 1) }, record)
  return block
}

async function say(
  room: Room,
  contents: Awaited<ReturnType<Room['open']>>,
  number: number,
  person = room.person,
) {
  const act = actId(number, room.clock.now())
  const keys = await room.identity.subjectKeys(person)
  contents.acts.keep(keys, act, 'arguments', `{"said":${number}}`)
  contents.acts.keep(keys, act, 'result', `heard ${number}`)
  await contents.settle()
  return { person, act, from: room.clock.now(), to: undefined }
}

describe.each(storeEngines)('contents on $name', (engine: StoreEngine) => {
  test('gives back what was said, to the person it was said for, also after a restart', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const first = await room.open()
    const li = (await room.identity.members.addPerson('main', 'Li', ['operator'], 'p_owner')).id
    const own = await say(room, first, 1)
    const theirs = await say(room, first, 2, li)
    await first[Symbol.asyncDispose]()
    const contents = await room.open()
    const { fields, saltKey, damaged } = await contents.read(own)
    expect([fields.get('arguments')?.toString(), fields.get('result')?.toString()]).toEqual([
      '{"said":1}',
      'heard 1',
    ])
    expect(saltKey).toEqual((await room.identity.subjectKeys(room.person)).salt)
    expect(damaged).toBe(false)
    expect((await contents.read(theirs)).fields.get('result')?.toString()).toBe('heard 2')
    expect((await contents.read({ ...theirs, person: room.person })).fields.size).toBe(0)
    await contents[Symbol.asyncDispose]()
  })

  test('a block that was written twice is read once', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const { clock, directory } = room
    const keys = await room.identity.subjectKeys(room.person)
    const bytes = oneBlock(keys, clock.now())
    for (let start = 0; start < 2; start++) {
      const shelf = await openShelf({ store, directory, ids: createIds(clock), clock, log: silentLog })
      await shelf.append([{ keys, first: clock.now(), last: clock.now(), count: 1, bytes }])
      await shelf.close()
    }
    const contents = await room.open()
    const span = { person: room.person, act: actId(1), from: clock.now(), to: undefined }
    expect((await contents.read(span)).fields.get('result')?.toString()).toBe('once')
    await contents[Symbol.asyncDispose]()
  })

  test('reads an act across the turn of a half-year', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open()
    room.clock.advance(Date.UTC(2027, 0, 1) - room.clock.now() - 10)
    const old = await room.identity.subjectKeys(room.person)
    room.clock.advance(20)
    // It still had the keys of the period before.
    const act = actId(1, room.clock.now())
    contents.acts.keep(old, act, 'result', 'late')
    await contents.settle()
    const span = { person: room.person, act, from: room.clock.now(), to: undefined }
    expect((await contents.read(span)).fields.get('result')?.toString()).toBe('late')
    // It was asked in one period and performed in the next.
    room.clock.advance(-dayMs)
    const asked = { person: room.person, act: actId(2, room.clock.now()), from: room.clock.now() }
    room.clock.advance(2 * dayMs)
    contents.acts.keep(await room.identity.subjectKeys(room.person), asked.act, 'result', 'approved')
    await contents.settle()
    expect((await contents.read({ ...asked, to: room.clock.now() })).fields.get('result')?.toString()).toBe(
      'approved',
    )
    await contents[Symbol.asyncDispose]()
  })

  test('erases for good: nothing opens, the log says so without a name, and what comes after has new keys', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open()
    const li = (await room.identity.members.addPerson('main', 'Li', ['operator'], 'p_owner')).id
    const erased = await say(room, contents, 1, li)
    const other = await say(room, contents, 2)
    const keys = await room.identity.subjectKeys(li)
    const salt = Buffer.from(keys.salt)
    room.clock.advance(1)
    const request = { person: li, ground: 'Art. 17 GDPR', by: room.person }
    const reply = await contents.erase(request)
    expect(reply.periods).toEqual(['2026h2'])
    expect(room.log.entries).toHaveLength(1)
    const leaf = eraseLeafSchema.parse(JSON.parse(room.log.entries[0]!))
    expect(leaf).toMatchObject({ ground: 'Art. 17 GDPR', by: room.person, subject: reply.entry?.subject })
    expect(room.log.entries[0]).not.toContain(li)
    expect(await commitment(base64urlBytes(reply.entry!.salt), utf8(li))).toBe(leaf.subject)
    expect([keys.gone, keys.salt.equals(salt)]).toEqual([true, false])
    await expect(contents.read(erased)).rejects.toMatchObject({ code: 'contents.erased' })
    expect((await contents.read(other)).fields.size).toBe(2)
    // Twice is once.
    expect(await contents.erase(request)).toEqual({ periods: [] })
    expect(room.log.entries).toHaveLength(1)
    room.clock.advance(1)
    const after = await say(room, contents, 3, li)
    expect((await contents.read(after)).fields.get('result')?.toString()).toBe('heard 3')
    await expect(contents.read(erased)).rejects.toMatchObject({ code: 'contents.erased' })
    await contents[Symbol.asyncDispose]()
  })

  test('erases one half-year alone', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open()
    const first = await say(room, contents, 1)
    room.clock.advance(120 * dayMs)
    const second = await say(room, contents, 2)
    const request = { person: room.person, ground: 'asked', by: room.person }
    expect((await contents.erase({ ...request, period: '2026h2' })).periods).toEqual(['2026h2'])
    await expect(contents.read(first)).rejects.toMatchObject({ code: 'contents.erased' })
    expect((await contents.read(second)).fields.size).toBe(2)
    expect((await contents.erase({ ...request, period: '2020h1' })).periods).toEqual([])
    await contents[Symbol.asyncDispose]()
  })

  test('an erasure that was cut off is finished at the next start, and says so once', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const first = await room.open()
    const erased = await say(room, first, 1)
    room.log.broken = true
    room.clock.advance(1)
    const request = { person: room.person, ground: 'asked', by: room.person }
    await expect(first.erase(request)).rejects.toThrow('the node ended')
    await expect(first.read(erased)).rejects.toMatchObject({ code: 'contents.erased' })
    const fresh = await say(room, first, 2)
    await first[Symbol.asyncDispose]()
    room.log.broken = false
    for (let start = 0; start < 2; start++) {
      const again = await room.open()
      expect(room.log.entries.map((entry) => (JSON.parse(entry) as Leaf).kind)).toEqual(['erase'])
      await expect(again.read(erased)).rejects.toMatchObject({ code: 'contents.erased' })
      // What was said after the keys were destroyed has others, and stays.
      expect((await again.read(fresh)).fields.size).toBe(2)
      await again[Symbol.asyncDispose]()
    }
    expect(await room.identity.subjects.unfinished()).toEqual([])
  })

  test('an erasure whose entry is in the log already writes no second one', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open()
    await say(room, contents, 1)
    const { subjects } = room.identity
    const finish = subjects.finish.bind(subjects)
    Object.assign(subjects, { finish: async () => await Promise.reject(new Error('the node ended')) })
    await expect(contents.erase({ person: room.person, ground: 'asked', by: room.person })).rejects.toThrow(
      'ended',
    )
    Object.assign(subjects, { finish })
    expect(room.log.entries).toHaveLength(1)
    await contents[Symbol.asyncDispose]()
    await (await room.open())[Symbol.asyncDispose]()
    expect(room.log.entries).toHaveLength(1)
    expect(await subjects.unfinished()).toEqual([])
  })

  test('what is frozen is opened and erased for nobody until it is released', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open()
    const span = await say(room, contents, 1)
    await contents.freeze(room.person, 'Art. 47 PIPL', room.person)
    await contents.freeze(room.person, 'again', room.person)
    await expect(contents.read(span)).rejects.toMatchObject({ code: 'contents.frozen' })
    const request = { person: room.person, ground: 'asked', by: room.person }
    await expect(contents.erase(request)).rejects.toMatchObject({ code: 'contents.frozen' })
    await contents.release(room.person)
    expect((await contents.read(span)).fields.size).toBe(2)
    await contents[Symbol.asyncDispose]()
  })

  test('nothing is removed for its age while somebody is frozen', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open(2)
    const old = await say(room, contents, 1)
    await contents.freeze(room.person, 'a dispute', room.person)
    room.clock.advance(Date.UTC(2027, 0, 5) - room.clock.now())
    await say(room, contents, 2)
    for (let hours = 0; hours < 5; hours++) {
      room.clock.advance(3600 * 1000)
      await room.identity.subjects.anyFrozen()
    }
    expect(await room.identity.subjects.periods(room.person)).toEqual(['2026h2', '2027h1'])
    await contents.release(room.person)
    expect((await contents.read(old)).fields.size).toBe(2)
    await contents[Symbol.asyncDispose]()
  })

  test('keeps nothing where contents are off, and still opens what was kept before', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const on = await room.open()
    const kept = await say(room, on, 1)
    await on[Symbol.asyncDispose]()
    const off = await room.open('off')
    const told: string[] = []
    const not = await say(room, off, 2)
    off.acts.after({ contentsDurable: () => void told.push('at once') })
    expect(told).toEqual(['at once'])
    expect((await off.read(not)).fields.size).toBe(0)
    expect((await off.read(kept)).fields.size).toBe(2)
    await off[Symbol.asyncDispose]()
  })

  test('removes what is too old, and its keys', async () => {
    await using store = await engine.open()
    using room = await openRoom(store)
    const contents = await room.open(2)
    const old = await say(room, contents, 1)
    room.clock.advance(Date.UTC(2027, 0, 5) - room.clock.now())
    const young = await say(room, contents, 2)
    await expect
      .poll(async () => {
        room.clock.advance(3600 * 1000)
        return (await room.identity.subjects.periods(room.person)).join(' ')
      }, pollOptions)
      .toBe('2027h1')
    expect(await contents.read(old)).toMatchObject({ saltKey: undefined, fields: new Map() })
    expect((await contents.read(young)).fields.size).toBe(2)
    await contents[Symbol.asyncDispose]()
  })
})

test('destroyed keys lie in no file of the store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-erase-'))
  try {
    await using store = await openStore(`sqlite:${join(folder, 'store.sqlite')}`)
    using room = await openRoom(store)
    const contents = await room.open()
    await say(room, contents, 1)
    const rows = store.tables<{ subject_secret: { sealed: Uint8Array } }>()
    const { sealed } = await rows.selectFrom('subject_secret').selectAll().executeTakeFirstOrThrow()
    const lies = () => readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(sealed))
    expect(lies().length).toBeGreaterThan(0)
    await contents.erase({ person: room.person, ground: 'asked', by: room.person })
    expect(lies()).toEqual([])
    await contents[Symbol.asyncDispose]()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
