import { generateKeyPairSync, sign } from 'node:crypto'
import { assert, asyncProperty, integer, nat } from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { utf8 } from '../bytes.ts'
import { canonicalJson } from '../canonical.ts'
import { signCheckpoint } from './checkpoint.ts'
import { formatVkey } from './note.ts'
import type { NoteSigner } from './note.ts'
import { openShardList, signShardList, verifyShardList } from './shards.ts'
import type { Shard } from './shards.ts'

const series = 'node.example/activity'
const at = '2027-01-01T00:00:00.000Z'
const root = new Uint8Array(32).fill(7)

async function signerOf(name: string): Promise<NoteSigner> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return { name, vkey: await formatVkey(name, key), sign: (bytes) => sign(null, bytes, privateKey) }
}

let list: NoteSigner
let old: NoteSigner
let young: NoteSigner
let stranger: NoteSigner
let shards: readonly [Shard, Shard]
beforeAll(async () => {
  list = await signerOf(`${series}/shards`)
  old = await signerOf(`${series}/2026h2`)
  young = await signerOf(`${series}/2027h1`)
  stranger = await signerOf(`${series}/2026h2`)
  shards = [
    { origin: old.name, vkeys: [old.vkey], first: 0, state: 'frozen', end: { size: 300, root, at } },
    { origin: young.name, vkeys: [young.vkey], first: 300, state: 'open' },
  ]
})

const entry = (leaf: object): Uint8Array => utf8(canonicalJson({ v: 1, at, ...leaf }))

function openings(change: { key?: object; head?: object; checkpoint?: string } = {}) {
  const predecessor = { origin: old.name, vkey: old.vkey, why: 'half-year', ...change.key }
  const checkpoint = change.checkpoint ?? signCheckpoint(300, root, old)
  return new Map([
    [old.name, [entry({ kind: 'key', origin: old.name, vkey: old.vkey })]],
    [
      young.name,
      [
        entry({ kind: 'key', origin: young.name, vkey: young.vkey, predecessor }),
        entry({ kind: 'predecessor', checkpoint, ...change.head }),
      ],
    ],
  ])
}

async function verdict(change: Partial<Parameters<typeof verifyShardList>[0]> = {}) {
  const note = await signShardList({ version: 2, shards }, list)
  return await verifyShardList({ list: note, vkey: list.vkey, openings: openings(), ...change })
}

test('reads back what it wrote, and takes a list whose logs name one another', async () => {
  const note = await signShardList({ version: 2, shards }, list)
  expect(await openShardList(note, list.vkey)).toEqual({
    ok: true,
    list: { origin: list.name, version: 2, shards },
  })
  expect(await verdict()).toMatchObject({ ok: true })
})

test('asks for no entries of a pruned log', async () => {
  const pruned = await signShardList(
    { version: 3, shards: [{ ...shards[0], state: 'pruned' }, shards[1]] },
    list,
  )
  const left = openings()
  left.delete(old.name)
  expect(await verdict({ list: pruned, openings: left })).toMatchObject({ ok: true })
})

test.each([
  [
    'another key in entry 0',
    { key: { vkey: 'node.example/activity/2026h2+00000000+AAAA' } },
    'does not name',
  ],
  ['another log before it', { key: { origin: `${series}/2025h1` } }, 'does not name'],
  ['a loss that the list does not know', { head: { lost: { kept: 1 } } }, 'do not agree'],
  ['no head', { head: { kind: 'key' } }, 'does not hold the head'],
])('refuses %s', async (_what, change, words) => {
  const refused = await verdict({ openings: openings(change) })
  expect(refused).toMatchObject({ ok: false, where: young.name })
  expect('reason' in refused && refused.reason).toContain(words)
})

test('refuses a head that the log before did not sign, or another one than the list says', async () => {
  for (const checkpoint of [
    signCheckpoint(300, root, stranger),
    signCheckpoint(299, root, old),
    signCheckpoint(300, new Uint8Array(32), old),
  ])
    expect(await verdict({ openings: openings({ checkpoint }) })).toMatchObject({
      ok: false,
      where: young.name,
    })
})

test('refuses lists whose logs do not follow one another', async () => {
  const [first, second] = shards
  const wrong: (readonly Shard[])[] = [
    [],
    [first],
    [second, first],
    [{ ...first, first: 1 }, second],
    [first, { ...second, first: 301 }],
    [first, { ...second, origin: first.origin, vkeys: first.vkeys }],
    [
      { origin: second.origin, vkeys: second.vkeys, first: 0, state: 'open' },
      { ...second, first: 0 },
    ],
    [first, { ...second, origin: 'elsewhere.example/activity/2027h1' }],
  ]
  for (const each of wrong) {
    const note = await signShardList({ version: 1, shards: each }, list)
    expect((await openShardList(note, list.vkey)).ok, JSON.stringify(each)).toBe(false)
  }
  // Only behind a log that was lost may positions be left out.
  const lost = [
    { ...first, state: 'lost' as const },
    { ...second, first: 305 },
  ]
  expect((await openShardList(await signShardList({ version: 1, shards: lost }, list), list.vkey)).ok).toBe(
    true,
  )
})

test('refuses a list that says of a log what an earlier one did not', async () => {
  const earlier = await signShardList({ version: 2, shards }, list)
  const changed = [{ ...shards[0], end: { ...shards[0].end!, at: '2027-01-02T00:00:00.000Z' } }, shards[1]]
  const later = await signShardList({ version: 3, shards: changed }, list)
  expect(await verdict({ list: later, earlier })).toMatchObject({ ok: false, where: old.name })
  const older = await signShardList({ version: 1, shards }, list)
  expect(await verdict({ list: older, earlier })).toMatchObject({ ok: false })
  const pruned = await signShardList(
    { version: 3, shards: [{ ...shards[0], state: 'pruned' }, shards[1]] },
    list,
  )
  expect(await verdict({ list: pruned, earlier })).toMatchObject({ ok: true })
  expect(await verdict({ list: later, earlier: pruned })).toMatchObject({ ok: false })
})

test('any changed byte is refused and nothing is thrown', async () => {
  const note = utf8(await signShardList({ version: 2, shards }, list))
  await assert(
    asyncProperty(nat(note.length - 1), integer({ min: 1, max: 255 }), async (place, change) => {
      const bytes = note.slice()
      bytes[place]! ^= change
      const text = new TextDecoder().decode(bytes)
      const opened = await openShardList(text, list.vkey)
      expect(opened.ok).toBe(false)
    }),
    { numRuns: 200 },
  )
  for (const text of ['', '\n\n', 'a\n1\nAAAA\n\n'])
    expect((await openShardList(text, list.vkey)).ok).toBe(false)
  expect((await openShardList(new TextDecoder().decode(note), stranger.vkey)).ok).toBe(false)
})
