import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCoseReceipt, verifyCoseReceipt } from '@ambit/core/log/cose'
import { leafHash } from '@ambit/core/log/merkle'
import { parseVkey } from '@ambit/core/log/note'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSeries } from './ledger.ts'
import type { Series } from './ledger.ts'
import { seriesIn } from './series-fixture.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ambit-cose-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

async function verdict(series: Series, position: number, vkey: string, entry?: Uint8Array) {
  const parsed = parseCoseReceipt(await series.cose(position))
  const key = await parseVkey(vkey)
  if (!parsed.ok || !key.ok) throw new Error('neither a receipt nor a key')
  const leaf = await leafHash(Uint8Array.from(entry ?? (await series.read(position))))
  return await verifyCoseReceipt(parsed.receipt, { leaf }, key.verifier)
}

test('an entry is proved by a COSE receipt, also when its log has ended and its key is destroyed', async () => {
  await using series = await openSeries(await seriesIn(root))
  const old = await series.write('{"n":1}')
  await series.write('{"n":2}')
  const before = series.vkey
  expect(await verdict(series, old, before)).toEqual({ ok: true })
  await series.rotate('a test')
  const fresh = await series.write('{"n":3}')
  expect(series.vkey).not.toBe(before)
  expect(await verdict(series, old, before)).toEqual({ ok: true })
  expect(await verdict(series, fresh, series.vkey)).toEqual({ ok: true })
  expect((await verdict(series, fresh, before)).ok).toBe(false)
  expect((await verdict(series, old, before, Buffer.from('{"n":9}'))).ok).toBe(false)
  await expect(series.cose(series.size)).rejects.toMatchObject({ code: 'ledger.not-found' })
})
