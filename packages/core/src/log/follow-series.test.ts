import { generateKeyPairSync, hash, sign } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { hexBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { canonicalJson } from '../canonical.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { lookSeries } from './follow-series.ts'
import type { FollowSeriesOptions, SeriesLook } from './follow-series.ts'
import { seriesStateSchema } from './follow-state.ts'
import { memorySource, testLogs } from './log-fixture.ts'
import type { TestLogs } from './log-fixture.ts'
import { formatVkey } from './note.ts'
import type { NoteSigner } from './note.ts'
import { signShardList } from './shards.ts'
import type { Shard, ShardState } from './shards.ts'

const series = 'node.example/activity'
const start = Date.parse('2026-01-01T00:00:00Z')
const timeAt = (ms: number): string => new Date(start + ms).toISOString()
const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(hash('sha256', bytes, 'buffer'))
const leafText = (leaf: object): string => canonicalJson({ v: 1, at: timeAt(0), ...leaf })
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`

let list: NoteSigner
let logs: readonly [TestLogs, TestLogs]
beforeAll(async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const name = `${series}/shards`
  list = { name, vkey: await formatVkey(name, raw), sign: (bytes) => sign(null, bytes, privateKey) }
  logs = [await testLogs(`${series}/2025h2`, sha256), await testLogs(`${series}/2026h1`, sha256)]
})

type Files = Map<string, Uint8Array>

interface Plan {
  readonly old?: readonly string[]
  readonly young?: readonly string[]
  readonly version?: number
  readonly state?: ShardState
  /** Before the list is signed. */
  change?(shards: [Shard, Shard]): Shard[]
  /** Entry 1 of the younger log, when not the head of the older. */
  readonly entry1?: string
}

/** Files of a series of two logs, below the address of the list. */
async function seriesFiles(plan: Plan = {}): Promise<Files> {
  const [old, young] = logs
  const oldKey = leafText({ kind: 'key', origin: `${series}/2025h2`, vkey: old.verifier.vkey })
  const oldFiles = await old.files([oldKey, ...(plan.old ?? [])])
  const checkpoint = Buffer.from(oldFiles.get('checkpoint')!).toString()
  const predecessor = { origin: `${series}/2025h2`, vkey: old.verifier.vkey, why: 'half-year' }
  const youngFiles = await young.files([
    leafText({ kind: 'key', origin: `${series}/2026h1`, vkey: young.verifier.vkey, predecessor }),
    plan.entry1 ??
      leafText({
        kind: 'predecessor',
        checkpoint,
        ...(plan.state === 'lost' ? { lost: { kept: 1 } } : {}),
      }),
    ...(plan.young ?? []),
  ])
  const { size, root } = headOf(checkpoint)
  const shards: [Shard, Shard] = [
    {
      origin: `${series}/2025h2`,
      vkeys: [old.verifier.vkey],
      first: 0,
      state: plan.state ?? 'frozen',
      end: { size, root, at: timeAt(0) },
    },
    { origin: `${series}/2026h1`, vkeys: [young.verifier.vkey], first: size, state: 'open' },
  ]
  return new Map([
    ...[...oldFiles].map(([path, bytes]): [string, Uint8Array] => [`2025h2/${path}`, bytes]),
    ...[...youngFiles].map(([path, bytes]): [string, Uint8Array] => [`2026h1/${path}`, bytes]),
    ['shards', await listNote(plan.change?.(shards) ?? shards, plan.version)],
  ])
}

const listNote = async (shards: readonly Shard[], version = 2): Promise<Uint8Array> =>
  utf8(await signShardList({ version, shards }, list))

function headOf(note: string) {
  const parsed = parseCheckpoint(note)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.checkpoint
}

async function see(files: Files, before?: SeriesLook, change: Partial<FollowSeriesOptions> = {}) {
  const source = memorySource(files)
  const seen = await lookSeries({
    source,
    sourceOf: (label) => ({ read: async (path) => await source.read(`${label}/${path}`) }),
    listVkey: list.vkey,
    now: start,
    intentMsMax: 1000,
    ...(before?.state === undefined ? {} : { state: before.state }),
    ...change,
  })
  // What is remembered must stand a way through a file.
  if (seen.state !== undefined) seriesStateSchema.parse(JSON.parse(JSON.stringify(seen.state)))
  return seen
}

const kinds = ({ logs: seen }: SeriesLook): string[] => seen.map(({ outcome }) => outcome.kind)
const codes = ({ alarms }: SeriesLook) =>
  alarms.map((alarm) => [alarm.code, alarm.log.slice(series.length + 1), 'index' in alarm && alarm.index])

const intent = (act: string, ms: number, more: object = {}): string =>
  leafText({
    at: timeAt(ms),
    kind: 'act.intent',
    act,
    trace: 't',
    callers: ['c'],
    links: ['m'],
    chain: digest('1'),
    target: digest('2'),
    capability: 'send',
    definition: digest('3'),
    in: 'mcp',
    out: 'mcp',
    arguments: digest('4'),
    labels: { integrity: 1, confidentiality: 1 },
    rulings: 1,
    decision: 'allow',
    ...more,
  })
const outcome = (act: string, ms = 0): string =>
  leafText({ at: timeAt(ms), kind: 'act.outcome', act, status: 'completed', durationMs: 1 })
const recall = leafText({
  kind: 'ruling',
  ruling: 'r',
  what: 'recall',
  record: 'x',
  digests: [digest('2')],
  digest: digest('6'),
})

test('follows each log of a list and reads one that ended only once', async () => {
  const first = await see(await seriesFiles({ old: ['x'], young: ['y'] }))
  expect(first.outcome).toEqual({ kind: 'followed', version: 2 })
  expect(first.logs.map(({ outcome: seen }) => seen)).toEqual([
    { kind: 'grown', from: 0, size: 2 },
    { kind: 'grown', from: 0, size: 3 },
  ])
  const second = await see(await seriesFiles({ old: ['x'], young: ['y', 'z'] }), first)
  expect(second.logs).toEqual([{ log: `${series}/2026h1`, outcome: { kind: 'grown', from: 3, size: 4 } }])
})

test('carries what an act began in one log into the next', async () => {
  const plan = { old: [intent('a', 0), intent('b', 0)], young: [outcome('a'), outcome('c')] }
  const seen = await see(await seriesFiles(plan), undefined, { now: start + 5000 })
  expect(codes(seen)).toEqual([
    ['outcome-without-intent', '2026h1', 3],
    ['intent-without-outcome', '2025h2', 2],
  ])
})

test('notices in the next log an act on what was recalled in the one before', async () => {
  const young = [intent('early', 4000), intent('late', 6000), outcome('early'), outcome('late')]
  expect(codes(await see(await seriesFiles({ old: [recall], young })))).toEqual([
    ['act-after-recall', '2026h1', 3],
  ])
})

test.each<[string, Plan]>([
  ['fewer logs', { change: ([old]) => [{ ...withoutEnd(old), state: 'open' }], version: 3 }],
  [
    'the same version with another end',
    { change: ([old, young]) => [{ ...old, end: { ...old.end!, at: timeAt(1) } }, young] },
  ],
  [
    'another end',
    {
      version: 3,
      change: ([old, young]) => [{ ...old, end: { ...old.end!, root: new Uint8Array(32) } }, young],
    },
  ],
  ['a log of another name', { version: 3, change: ([old, young]) => [renamed(old), young] }],
])('keeps both lists when the later one names %s', async (_what, plan) => {
  const first = await see(await seriesFiles())
  const files = await seriesFiles(plan)
  const second = await see(files, first)
  const theirs = Buffer.from(files.get('shards')!).toString()
  expect(second.outcome).toMatchObject({ kind: 'contradiction', ours: first.state?.list, theirs })
  expect(second.logs).toEqual([])
  expect(second.state).toEqual(first.state)
})

test('tells a list that is only old from one that contradicts the later one', async () => {
  const first = await see(await seriesFiles())
  const old = await see(await seriesFiles({ version: 1 }), first)
  expect(old.outcome).toMatchObject({ kind: 'rollback', ours: first.state?.list })
  const renaming: Plan = { version: 1, change: ([before, young]) => [renamed(before), young] }
  expect((await see(await seriesFiles(renaming), first)).outcome.kind).toBe('contradiction')
})

const renamed = (shard: Shard): Shard => ({
  ...shard,
  origin: `${series}/2025h9`,
  vkeys: shard.vkeys.map((vkey) => vkey.replace('2025h2', '2025h9')),
})
function withoutEnd({ end: _end, ...shard }: Shard): Shard {
  return shard
}

test('holds the end that the list names against the checkpoint of the log', async () => {
  const root = hexBytes('07'.repeat(32))
  const change: Plan['change'] = ([old, young]) => [{ ...old, end: { ...old.end!, root } }, young]
  const seen = await see(await seriesFiles({ change }))
  expect(seen.logs[0]).toMatchObject({ outcome: { kind: 'contradiction', ours: seen.state?.list } })
  expect(seen.state?.logs).toEqual({})
})

test('holds the first entries of a log against the one before it', async () => {
  const entry1 = leafText({ kind: 'predecessor', checkpoint: 'nothing' })
  const seen = await see(await seriesFiles({ entry1 }))
  expect(kinds(seen)).toEqual(['grown', 'contradiction'])
  const lost = leafText({ kind: 'predecessor', checkpoint: 'nothing', lost: { kept: 1 } })
  expect(kinds(await see(await seriesFiles({ entry1: lost })))).toEqual(['grown', 'contradiction'])
})

test.each(['../../elsewhere', 'A', '.', 'a/b', '2026h1.'])(
  'refuses %s as the name of a log',
  async (label) => {
    const change: Plan['change'] = ([old, young]) => [
      old,
      { ...young, origin: `${series}/${label}`, vkeys: [young.vkeys[0]!.replace('2026h1', label)] },
    ]
    const { outcome: seen, state } = await see(await seriesFiles({ change }))
    expect([seen.kind, state]).toEqual(['bad-list', undefined])
  },
)

test('believes no list of another key, nor one that is no text or not there', async () => {
  const files = await seriesFiles()
  expect((await see(files, undefined, { listVkey: logs[0].verifier.vkey })).outcome.kind).toBe('bad-list')
  expect((await see(new Map(files).set('shards', Uint8Array.of(0xff)))).outcome.kind).toBe('bad-list')
  expect((await see(new Map())).outcome.kind).toBe('missing')
})

test('checks a pruned log by its hashes, and misses nothing that its entries began', async () => {
  const files = await seriesFiles({
    old: [intent('a', -1)],
    young: [outcome('a'), outcome('b', 60_000)],
    state: 'pruned',
  })
  const hashes = new Map([...files].filter(([path]) => !path.startsWith('2025h2/tile/entries')))
  const seen = await see(hashes)
  expect(kinds(seen)).toEqual(['grown', 'grown'])
  expect(codes(seen)).toEqual([['outcome-without-intent', '2026h1', 3]])
  hashes.delete('2025h2/tile/0/000.p/2')
  expect(kinds(await see(hashes))).toEqual(['damaged'])
})

test('says once that a log was lost, and follows the next', async () => {
  const files = await seriesFiles({ state: 'lost', old: [intent('a', 0)], young: [outcome('a')] })
  const gone = new Map([...files].filter(([path]) => !path.startsWith('2025h2/')))
  const first = await see(gone)
  expect(kinds(first)).toEqual(['lost', 'grown'])
  expect(codes(first)).toEqual([['log-lost', '2025h2', false]])
  expect(codes(await see(gone, first))).toEqual([])
  expect(
    kinds(
      await see(
        new Map([...gone].map(([path, bytes]) => [path, path === 'shards' ? bytes : Uint8Array.of(1)])),
      ),
    ),
  ).toEqual(['lost', 'bad-signature'])
})

test('does not take for a loss what goes back behind a checkpoint that was seen', async () => {
  const open: Plan['change'] = ([old]) => [{ ...withoutEnd(old), state: 'open' }]
  const first = await see(await seriesFiles({ old: ['x', 'y'], change: open, version: 1 }))
  const files = await seriesFiles({ old: ['x'], state: 'lost' })
  const gone = new Map([...files].filter(([path]) => !path.startsWith('2025h2/')))
  const second = await see(gone, first)
  const checkpoint = first.state?.logs[`${series}/2025h2`]?.head?.checkpoint
  expect(second.logs).toMatchObject([{ outcome: { kind: 'contradiction', theirs: checkpoint } }])
})

test('goes on with the list and the logs that held where one did not', async () => {
  const files = await seriesFiles({ old: ['x'], young: ['y'] })
  const broken = new Map(files).set('2025h2/tile/0/000.p/2', new Uint8Array(64))
  expect(kinds(await see(broken))).toEqual(['damaged'])
  const source = memorySource(broken)
  const each = await lookSeries({
    source,
    sourceOf: (label) => ({ read: async (path) => await source.read(`${label}/${path}`) }),
    listVkey: list.vkey,
    now: start,
  })
  expect(kinds(each)).toEqual(['damaged', 'grown'])
  expect(kinds(await see(files, each))).toEqual(['grown', 'same'])
})

test('reads a log that grew much in parts, and one that claims too much not at all', async () => {
  const files = await seriesFiles({ young: Array.from({ length: 700 }, (_, at) => `entry ${at}`) })
  const parts: SeriesLook[] = [await see(files, undefined, { lookEntriesMax: 256 })]
  while (kinds(parts.at(-1)!).at(-1) === 'reading')
    parts.push(await see(files, parts.at(-1), { lookEntriesMax: 256 }))
  expect(parts.map((part) => part.logs.at(-1)?.outcome)).toEqual([
    { kind: 'reading', from: 0, to: 256, size: 702 },
    { kind: 'reading', from: 256, to: 512, size: 702 },
    { kind: 'grown', from: 512, size: 702 },
  ])
  expect(parts.at(-1)?.state?.leaves.unknown).toEqual({ unreadable: 700 })
  expect(kinds(await see(files, undefined, { entriesMax: 701 }))).toEqual(['grown', 'too-large'])
})
