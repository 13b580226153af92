import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { keyLeafSchema, predecessorLeafSchema } from '@ambit/core/leaf'
import { openCheckpoint } from '@ambit/core/log/checkpoint'
import { leafHash, verifyInclusion } from '@ambit/core/log/merkle'
import { parseVkey, signatureLine } from '@ambit/core/log/note'
import { handClock } from '@ambit/testkit/clock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultLimits, openFileGuard, openLedger, openSeries } from './ledger.ts'
import type { Cosigner, Proof } from './ledger.ts'
import { allEntries, checkList, seriesIn, seriesName, smallLimits } from './series-fixture.ts'
import { headCheckpoint, headEntry } from './series-opening.ts'
import { Shards } from './series-shards.ts'

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ambit-series-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})
const folder = (): string => join(root, String(folders++))

const newYear = Date.UTC(2027, 0, 1)

async function holds({ origin, vkey, index, entry, hashes, checkpoint }: Proof): Promise<boolean> {
  const key = await parseVkey(vkey)
  if (!key.ok) throw new Error(key.reason)
  const opened = await openCheckpoint(checkpoint, key.verifier)
  if (!opened.ok) throw new Error(opened.reason)
  const { size, root: treeRoot } = opened.checkpoint
  const leaf = await leafHash(entry)
  const included = await verifyInclusion({ index, size, root: treeRoot, leaf, proof: hashes })
  return included.ok && opened.checkpoint.origin === origin
}

/** Witnesses that are asked while a log changes: what `meanwhile` does then comes in the middle of a turn. */
function askedInTurn(meanwhile: () => void): Cosigner {
  return {
    required: false,
    waitMs: 0,
    async cosign() {
      meanwhile()
      return { lines: [], quorum: true }
    },
    state: () => [],
  }
}

test('turns at the half-year: what comes meanwhile waits, keeps its order and goes to the new log', async () => {
  let inTurn = false
  const positions: number[] = []
  const note = (fault: Fault | undefined, position: number) => {
    if (fault !== undefined) throw fault
    positions.push(position)
  }
  const cosigner = askedInTurn(() => {
    if (!inTurn) return
    inTurn = false
    for (let at = 0; at < 5; at++) series.append(`during ${at}`, note)
    series.appendPatiently('patient', note)
  })
  const options = await seriesIn(folder(), handClock(newYear - 5000), { cosignerOf: async () => cosigner })
  await using series = await openSeries(options)
  expect(series.origin).toBe(`${seriesName}/2026h2`)
  const oldVkey = series.vkey
  expect(await series.write('before')).toBe(1)
  options.clock.advance(4999)
  await series.checkpoint(2)
  series.append('taken before the turn', note)
  inTurn = true
  options.clock.advance(1)
  await series.settle()
  expect(series.origin).toBe(`${seriesName}/2027h1`)
  expect(series.vkey).not.toBe(oldVkey)
  expect(positions).toEqual([2, 5, 6, 7, 8, 9, 10])

  const entries = await allEntries(series)
  expect(entries.map(([position]) => position)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(entries.slice(5).map(([, text]) => text)).toEqual([
    'during 0',
    'during 1',
    'during 2',
    'during 3',
    'during 4',
    'patient',
  ])
  expect(keyLeafSchema.parse(JSON.parse(entries[3]![1]))).toMatchObject({
    origin: `${seriesName}/2027h1`,
    predecessor: { origin: `${seriesName}/2026h2`, vkey: oldVkey, why: 'half-year' },
  })
  expect(predecessorLeafSchema.parse(JSON.parse(entries[4]![1])).checkpoint).toContain('\n3\n')
  expect(await checkList(series)).toMatchObject({ ok: true })
  expect(options.failures).toEqual([])
})

test('proves entries of the log that ended and of the one after it, each under its own key', async () => {
  const options = await seriesIn(folder())
  await using series = await openSeries(options)
  await series.write('old')
  await series.rotate('the key may have been seen')
  const position = await series.write('new')
  const [old, young] = await Promise.all([series.prove(1, series.size), series.prove(position)])
  expect(old).toMatchObject({ origin: `${seriesName}/2026h2`, index: 1 })
  expect(young).toMatchObject({ origin: `${seriesName}/2026h2-2`, index: 2, vkey: series.vkey })
  expect(old.vkey).toBe(series.list.shards[0]!.vkeys[0])
  expect(await Promise.all([holds(old), holds(young)])).toEqual([true, true])
  expect(series.place(1)).toEqual({ origin: old.origin, vkey: old.vkey, index: 1 })
  expect(series.place(position)).toEqual({ origin: young.origin, vkey: young.vkey, index: 2 })
  expect(await series.consistency(1, 2)).toHaveLength(1)
  await expect(series.prove(series.size)).rejects.toMatchObject({ code: 'ledger.not-found' })
  await expect(series.read(-1)).rejects.toMatchObject({ code: 'ledger.not-found' })
})

test('destroys the key of a log that ended, and goes on after a restart where it was', async () => {
  const where = folder()
  const options = await seriesIn(where)
  {
    await using series = await openSeries(options)
    await series.write('one')
    await series.rotate('a test')
    await series.write('two')
  }
  expect(existsSync(join(where, 'log', '2026h2', 'key'))).toBe(false)
  expect(existsSync(join(where, 'log', '2026h2-2', 'key'))).toBe(true)
  expect(existsSync(join(where, 'log', '2026h2-2', 'opening'))).toBe(false)
  await using again = await openSeries(await seriesIn(where))
  expect(again.size).toBe(5)
  expect(await again.write('three')).toBe(5)
  expect((await allEntries(again)).map(([, text]) => text).filter((text) => !text.startsWith('{'))).toEqual([
    'one',
    'two',
    'three',
  ])
  expect(await checkList(again)).toMatchObject({ ok: true })
})

test('turns when the log is long enough, and reads more ended logs than it keeps open', async () => {
  const options = await seriesIn(folder(), undefined, { entriesMax: 3 })
  await using series = await openSeries(options)
  const written: number[] = []
  for (let at = 0; at < 8; at++) {
    written.push(await series.write(`entry ${at}`))
    written.push(await series.write(`and ${at}`))
    options.clock.advance(10_000)
    await series.settle()
  }
  expect(series.list.shards.length).toBeGreaterThan(6)
  expect(written).toEqual([...written].toSorted((left, right) => left - right))
  expect(new Set(written).size).toBe(16)
  const texts = await Promise.all(written.map(async (at) => Buffer.from(await series.read(at)).toString()))
  expect(texts.slice(0, 4)).toEqual(['entry 0', 'and 0', 'entry 1', 'and 1'])
  const proofs = await Promise.all(written.map(async (at) => await holds(await series.prove(at))))
  expect(new Set(proofs)).toEqual(new Set([true]))
  expect(options.failures).toEqual([])
})

test('a clock that was set back begins no earlier log', async () => {
  const where = folder()
  {
    await using series = await openSeries(await seriesIn(where, handClock(newYear)))
    await series.write('a')
  }
  const options = await seriesIn(where, handClock(newYear - 1000))
  await using series = await openSeries(options)
  options.clock.advance(500)
  await series.settle()
  expect(series.origin).toBe(`${seriesName}/2027h1`)
  await series.rotate('by hand')
  expect(series.origin).toBe(`${seriesName}/2027h1-2`)
})

test('without its witnesses a log does not end: entries go on in it, and the turn is tried again', async () => {
  let away = true
  const cosigner: Cosigner = {
    required: true,
    waitMs: 0,
    async cosign() {
      if (away) throw new Fault('ledger.unwitnessed', { detail: 'no witness answered' })
      return { lines: [], quorum: true }
    },
    state: () => [],
  }
  const options = await seriesIn(folder(), handClock(newYear - 1000), { cosignerOf: async () => cosigner })
  await using series = await openSeries(options)
  await series.write('before')
  options.clock.advance(1000)
  const during = series.write('during')
  await series.settle()
  expect(await during).toBe(2)
  expect(series.origin).toBe(`${seriesName}/2026h2`)
  expect(options.failures.map((fault) => fault.code)).toContain('ledger.unwitnessed')
  await expect(series.rotate('now')).rejects.toMatchObject({ code: 'ledger.unwitnessed' })
  away = false
  options.clock.advance(70_000)
  await series.settle()
  expect(series.origin).toBe(`${seriesName}/2027h1`)
  expect(await series.write('after')).toBe(5)
})

test('refuses by name what is more than one batch while the log changes, and loses none of the rest', async () => {
  const limits = { ...smallLimits, batchEntries: 4 }
  let gate = (): void => undefined
  const cosigner = askedInTurn(() => gate())
  const options = await seriesIn(folder(), undefined, { limits, cosignerOf: async () => cosigner })
  await using series = await openSeries(options)
  await series.write('before')
  let waiting: Promise<PromiseSettledResult<number>[]> | undefined
  gate = () => {
    waiting ??= Promise.allSettled(Array.from({ length: 6 }, (_, at) => series.write(`waits ${at}`)))
  }
  await series.rotate('a test')
  const results = (await waiting)!
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused.map(({ reason }) => (reason as Fault).code)).toEqual(['ledger.busy', 'ledger.busy'])
  expect(
    (await allEntries(series)).map(([, text]) => text).filter((text) => text.startsWith('waits')),
  ).toEqual(['waits 0', 'waits 1', 'waits 2', 'waits 3'])
})

test('serves the list at the address of the series and the files of each log below it', async () => {
  const options = await seriesIn(folder())
  await using series = await openSeries(options)
  await series.write('one')
  await series.rotate('a test')
  const list = await series.file('')
  expect(Buffer.from(list!.bytes).toString()).toBe(series.list.note)
  expect((await series.file('shards'))!.bytes).toEqual(list!.bytes)
  expect(Buffer.from((await series.file('2026h2/checkpoint'))!.bytes).toString()).toMatch(
    /^node\.example\/activity\/2026h2\n2\n/,
  )
  expect(await series.file('2026h2/tile/0/000.p/2')).toBeDefined()
  for (const path of [
    'checkpoint',
    'tile/0/000',
    '2025h1/checkpoint',
    '2026h2',
    '2026h2/../shards',
    '../shards',
  ])
    expect(await series.file(path), path).toBeUndefined()
})

test('refuses a folder with logs and no list, and a list that was changed', async () => {
  const where = folder()
  {
    await using series = await openSeries(await seriesIn(where))
    await series.write('one')
  }
  const list = join(where, 'log', 'shards')
  const note = await readFile(list, 'utf8')
  await writeFile(list, note.replace(' open', ' shut'))
  await expect(openSeries(await seriesIn(where))).rejects.toMatchObject({ code: 'ledger.corrupt' })
  await rm(list)
  {
    // The guard keeps the list as well.
    await using series = await openSeries(await seriesIn(where))
    expect(series.size).toBe(2)
  }
  expect(await readFile(list, 'utf8')).toBe(note)
  await rm(list)
  await rm(join(where, 'guard'), { recursive: true })
  await expect(openSeries(await seriesIn(where))).rejects.toMatchObject({ code: 'ledger.other-log' })
  expect(await readdir(join(where, 'log'))).toEqual(['2026h2'])
})

test('a log that several processes write keeps its key and does not turn', async () => {
  const where = folder()
  const options = await seriesIn(where, handClock(newYear - 1000), { shared: true })
  await using series = await openSeries(options)
  options.clock.advance(60_000)
  await series.settle()
  expect(series.origin).toBe(`${seriesName}/2026h2`)
  await expect(series.rotate('now')).rejects.toMatchObject({ code: 'ledger.shared' })
  const other = await openSeries(await seriesIn(folder(), handClock(newYear - 1000), { shared: true }))
  expect(other.vkey).toBe(series.vkey)
  await other[Symbol.asyncDispose]()
})

test('of several processes that begin at once with one guard, all take the list of the first', async () => {
  const guard = await openFileGuard(join(folder(), '..', `guard-${folders}`))
  const openings = await Promise.all(
    Array.from({ length: 3 }, async () => await seriesIn(folder(), undefined, { shared: true, guard })),
  )
  const inside = { openLedger, openEngine: postponed, limits: defaultLimits }
  const lists = await Promise.all(openings.map(async (options) => (await Shards.open(options, inside)).list))
  expect(new Set(lists.map(({ note }) => note)).size).toBe(1)
  expect(lists[0]!.shards).toHaveLength(1)
})

const postponed = async (): Promise<never> => {
  throw new Error('no engine is opened in this test')
}

test('entry 1 stays below 8 KiB: signatures of Ed25519 come before those of ML-DSA-44', () => {
  const line = (name: string, bytes: number) => signatureLine(name, '0a1b2c3d', Buffer.alloc(bytes, 1))
  const text = 'node.example/activity/2026h2\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'
  const lines = [
    line('node.example/activity/2026h2', 64),
    line('node.example/activity/2026h2', 2428),
    ...['a', 'b', 'c'].map((name) => line(`${name}.example/witness`, 2428)),
    ...Array.from({ length: 10 }, (_, at) => line(`w${at}.example/witness`, 72)),
  ]
  const checkpoint = headCheckpoint(`${text}\n${lines.join('')}`)
  expect(checkpoint.startsWith(`${text}\n${lines[0]}`)).toBe(true)
  for (const short of lines.filter((each) => each.length < 200)) expect(checkpoint).toContain(short)
  expect(lines.filter((each) => each.length > 200 && checkpoint.includes(each))).toHaveLength(1)
  const head = { predecessor: { origin: '', vkey: '', why: 'size' as const }, head: { checkpoint } }
  expect(Buffer.byteLength(headEntry(head, '2027-01-01T00:00:00.000Z'))).toBeLessThan(8192)
  expect(headCheckpoint(`${text}\n${lines[0]}`)).toBe(`${text}\n${lines[0]}`)
})

test('a log that ended with another size than the list says is damage', async () => {
  const where = folder()
  {
    await using series = await openSeries(await seriesIn(where))
    await series.write('one')
    await series.rotate('a test')
  }
  await cp(join(where, 'log', '2026h2-2', 'tiles'), join(where, 'log', '2026h2', 'tiles'), {
    recursive: true,
  })
  await cp(join(where, 'log', '2026h2-2', 'segments'), join(where, 'log', '2026h2', 'segments'), {
    recursive: true,
  })
  await using again = await openSeries(await seriesIn(where))
  await expect(again.read(1)).rejects.toMatchObject({ code: expect.stringMatching(/^ledger\./) })
})

test('whoever reads a log while it ends reads on to its end', async () => {
  const options = await seriesIn(folder())
  await using series = await openSeries(options)
  for (let at = 0; at < 300; at++) await series.write(`entry ${at}`)
  const reading = series.entries(1)[Symbol.asyncIterator]()
  expect((await reading.next()).value).toMatchObject({ index: 1 })
  // More logs than are kept open, all of them read: the first one stays open for its reader.
  for (let at = 0; at < 6; at++) await series.rotate(`turn ${at}`)
  for (const { first } of series.list.shards.slice(1)) await series.read(first)
  let last = 1
  for (let next = await reading.next(); next.done !== true; next = await reading.next())
    last = next.value.index
  expect(last).toBe(300)
})
