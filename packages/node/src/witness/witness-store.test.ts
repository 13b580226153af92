import { existsSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { base64, hexBytes } from '@ambit/core/bytes'
import { signCheckpoint } from '@ambit/core/log/checkpoint'
import { emptyRoot, leafHash } from '@ambit/core/log/merkle'
import { signShardList } from '@ambit/core/log/shards'
import { formatVkey, openNote, parseVkey } from '@ambit/core/log/note'
import { send } from '@ambit/testkit/raw-http'
import { storeEngines } from '@ambit/testkit/stores'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../store/store.ts'
import { forkedLog, newSigner, openRoom, operator } from '@ambit/testkit/witness'

interface VectorCase {
  readonly path: string
  readonly body: string
  readonly status: number
  readonly asserts: string
}

const folder =
  process.env['AMBIT_SHARED_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname
const file = `${folder}/ledger/witness-add-checkpoint.json`
const present = existsSync(file)
if (!present) console.log('skipped: the published cases of a witness, because ../shared/data is not here')

/** The log of the published cases. */
const vectorOrigin = 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562'
const vectorKey = 'ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f'

describe.each(storeEngines)('a witness on $name', (engine) => {
  let store: Store
  beforeAll(async () => void (store = await engine.open()))
  afterAll(async () => await store[Symbol.asyncDispose]())

  test.skipIf(!present)('answers the published cases in their order', async () => {
    await using room = await openRoom(store)
    await room.witness.add(operator, await formatVkey(vectorOrigin, hexBytes(vectorKey)), undefined)
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly VectorCase[] }
    expect(cases).toHaveLength(9)
    for (const [at, { body, status, asserts }] of cases.entries()) {
      const answer = await room.post(body)
      expect({ at, status: answer.status }).toEqual({ at, status })
      const [, contained] = /^body contains "(.*)"$/.exec(asserts) ?? []
      if (contained === undefined) expect(asserts).toBe(`body == ${JSON.stringify(answer.text)}`)
      else expect(answer.text).toContain(contained)
      if (status === 409) expect(answer.headers['content-type']).toBe('text/x.tlog.size')
    }
  })

  test('gives cosignatures that verify, and shows monitors what it cosigned last', async () => {
    await using room = await openRoom(store)
    const { signer, begin, one } = await forkedLog('log.example/shown')
    await room.witness.add(operator, signer.vkey, undefined)
    expect((await room.post(begin)).status).toBe(200)
    const answer = await room.post(one)
    const checkpoint = one.slice(one.indexOf('\n\n') + 2)
    const path = `/witness/${createHash('sha256').update(signer.name).digest('hex')}/checkpoint`
    const shown = await room.get(path)
    expect(shown.headers['content-type']).toBe('text/plain; charset=utf-8')
    const keys = [signer.vkey, ...room.witness.vkeys].map(async (vkey) => {
      const key = await parseVkey(vkey)
      if (!key.ok) throw new Error(key.reason)
      return key.verifier
    })
    for (const note of [checkpoint + answer.text, shown.text]) {
      const opened = await openNote(note, await Promise.all(keys))
      if (!opened.ok) throw new Error(opened.reason)
      const seconds = Math.floor(room.clock.now() / 1000)
      expect(opened.opened.verified.map(({ name, kind, time }) => [name, kind, time])).toEqual([
        ['log.example/shown', 'ed25519', undefined],
        ['example.com/witness', 'cosignature', seconds],
        ['example.com/witness', 'ml-dsa-44', seconds],
      ])
    }
    expect((await room.get(`/witness/${'0'.repeat(64)}/checkpoint`)).status).toBe(404)
  })

  test('cosigns one of two histories, also when both come at once to two nodes', async () => {
    await using room = await openRoom(store)
    await using second = await openRoom(store)
    for (let round = 0; round < 10; round++) {
      const { signer, begin, one, other } = await forkedLog(`log.example/race-${round}`)
      await room.witness.add(operator, signer.vkey, undefined)
      expect((await room.post(begin)).status).toBe(200)
      const answers = await Promise.all([
        room.post(one),
        second.post(other),
        room.post(other),
        second.post(one),
      ])
      const [a, b, c, d] = answers.map(({ status }) => status)
      // The two of one history are told the new size, or cosigned: never both histories.
      expect([a, d].includes(200)).not.toBe([b, c].includes(200))
      expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
      const [log] = (await room.witness.logs('main')).filter(({ origin }) => origin === signer.name)
      expect(log?.head.size).toBe(2)
      expect([a, d].includes(200) ? one : other).toContain(log?.head.root)
    }
  })

  test('gives an equal size a fresh time, which never goes back', async () => {
    await using room = await openRoom(store)
    const { signer, begin } = await forkedLog('log.example/time')
    await room.witness.add(operator, signer.vkey, undefined)
    const again = begin.replace('old 0', 'old 1')
    const timeOf = async () =>
      (await room.witness.logs('main')).find(({ origin }) => origin === signer.name)?.head.time ?? 0
    expect((await room.post(begin)).status).toBe(200)
    const first = await timeOf()
    room.clock.advance(60_000)
    expect((await room.post(again)).status).toBe(200)
    expect(await timeOf()).toBe(first + 60)
    room.clock.now = () => 0
    expect((await room.post(again)).status).toBe(200)
    expect(await timeOf()).toBe(first + 60)
  })

  test('refuses what does not continue the log, with the code of the specification', async () => {
    await using room = await openRoom(store)
    const signer = newSigner('log.example/codes')
    const root = await leafHash(Buffer.from('a'))
    const other = await leafHash(Buffer.from('b'))
    await room.witness.add(operator, signer.vkey, undefined)
    const ask = async (old: number, proof: readonly Uint8Array[], size: number, hash: Uint8Array) => {
      const lines = proof.map((each) => `${base64(each)}\n`).join('')
      return await room.post(`old ${old}\n${lines}\n${signCheckpoint(size, hash, signer)}`)
    }
    expect((await ask(2, [], 1, root)).status).toBe(400)
    expect((await ask(0, [], 0, root)).status).toBe(422)
    expect((await ask(0, [], 0, await emptyRoot())).status).toBe(200)
    expect((await ask(0, [root], 1, root)).status).toBe(422)
    expect((await ask(0, [], 1, root)).status).toBe(200)
    expect((await ask(1, [], 1, other)).status).toBe(422)
    expect((await ask(1, [other], 1, root)).status).toBe(422)
    expect(await ask(0, [], 1, root)).toMatchObject({ status: 409, text: '1\n' })
    expect((await room.post('old 0\n')).status).toBe(400)
    const strange = newSigner('log.example/strange')
    expect((await room.post(`old 0\n\n${signCheckpoint(1, root, strange)}`)).status).toBe(404)
    const forged = newSigner('log.example/codes')
    expect((await room.post(`old 1\n\n${signCheckpoint(1, root, forged)}`)).status).toBe(403)
  })

  test('keeps in mind what it cosigned of a log that is taken off the list and comes back', async () => {
    await using room = await openRoom(store)
    const { signer, begin, one, other } = await forkedLog('log.example/back')
    await room.witness.add(operator, signer.vkey, undefined)
    await room.post(begin)
    expect((await room.post(one)).status).toBe(200)
    await room.witness.remove(operator, signer.name)
    expect((await room.post(one)).status).toBe(404)
    await room.witness.add(operator, signer.vkey, undefined)
    expect(await room.post(other)).toMatchObject({ status: 409, text: '2\n' })
    expect(await room.post(begin)).toMatchObject({ status: 409, text: '2\n' })
  })

  test('goes on with the next log of a node whose signed list names it', async () => {
    await using room = await openRoom(store)
    const list = newSigner('node.example/activity/shards')
    const logs = await Promise.all(
      ['2026h1', '2026h2'].map((each) => forkedLog(`node.example/activity/${each}`)),
    )
    const [first, second] = logs.map(({ signer, ...rest }) => ({ ...rest, signer, vkeys: [signer.vkey] }))
    if (first === undefined || second === undefined) throw new Error('there are two logs')
    const end = { size: 2, root: await emptyRoot(), at: '2026-07-01T00:00:00Z' }
    const one = { origin: first.signer.name, vkeys: first.vkeys, first: 0 }
    const two = { origin: second.signer.name, vkeys: second.vkeys, first: 2, state: 'open' } as const
    const begun = await signShardList({ version: 1, shards: [{ ...one, state: 'open' }] }, list)
    const turned = await signShardList({ version: 2, shards: [{ ...one, state: 'frozen', end }, two] }, list)
    const introduce = async (note: string) => (await room.post(note, 'add-shards')).status
    expect(await introduce(begun)).toBe(404)
    await room.witness.add(operator, list.vkey, undefined)
    expect(await introduce(begun)).toBe(204)
    expect((await room.post(first.begin)).status).toBe(200)
    expect((await room.post(second.begin)).status).toBe(404)
    expect(await introduce(turned.replace('open', 'shut'))).toBe(403)
    expect(await introduce(turned)).toBe(204)
    expect((await room.post(second.begin)).status).toBe(200)
    // An older list does not come back, and a list never changes the keys of a log that is known.
    expect(await introduce(begun)).toBe(409)
    const stolen = newSigner(first.signer.name)
    const changed = { ...one, vkeys: [stolen.vkey], state: 'frozen', end } as const
    expect(await introduce(await signShardList({ version: 3, shards: [changed, two] }, list))).toBe(204)
    expect((await room.post(first.one)).status).toBe(200)
    // The list itself is never cosigned as if it were a log.
    expect((await room.post(`old 0\n\n${turned}`)).status).toBe(403)
    await room.witness.remove(operator, list.name)
    expect((await room.post(second.one)).status).toBe(404)
    await room.witness.add(operator, list.vkey, undefined)
    expect((await room.post(second.one)).status).toBe(200)
  })

  test('bounds what it reads and how often a log may ask', async () => {
    await using room = await openRoom(store)
    const { signer, begin } = await forkedLog('log.example/often')
    await room.witness.add(operator, signer.vkey, undefined)
    expect((await room.post('x'.repeat(200_000))).status).toBe(413)
    expect((await room.get('/witness/add-checkpoint')).status).toBe(405)
    // Like the logs it answers under any name: nothing is taken from whoever asks.
    const elsewhere = { path: `/witness/${'0'.repeat(64)}/checkpoint`, headers: { host: 'b.example' } }
    expect((await send(room.server.port, elsewhere)).status).toBe(404)
    const answers = []
    for (let at = 0; at < 205; at++) answers.push((await room.post(begin)).status)
    expect(new Set(answers)).toEqual(new Set([200, 409, 429]))
    room.clock.advance(1000)
    expect((await room.post(begin)).status).toBe(409)
  })

  test('is no witness of its own node, and takes only keys of logs', async () => {
    await using room = await openRoom(store)
    const add = async (vkey: string) => await room.witness.add(operator, vkey, undefined)
    await expect(add(newSigner('example.com/activity').vkey)).rejects.toMatchObject({
      code: 'input.conflict',
    })
    await expect(add(room.witness.vkeys[0] ?? '')).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(add('nonsense')).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(room.witness.remove(operator, 'nobody')).rejects.toMatchObject({ code: 'input.not-found' })
    const { vkey } = newSigner('log.example/taken')
    await add(vkey)
    const stranger = { ...operator, organization: 'another' }
    await expect(room.witness.add(stranger, vkey, undefined)).rejects.toMatchObject({
      code: 'input.conflict',
    })
  })
})
