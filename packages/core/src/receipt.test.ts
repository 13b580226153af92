import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64urlBytes, utf8 } from './bytes.ts'
import { commitment, verifyReceipt } from './receipt.ts'
import type { Receipt } from './receipt.ts'

interface ReceiptVectors {
  vkey: string
  valid: { name: string; receipt: Receipt }[]
  invalid: { name: string; code: string; receipt: unknown }[]
}

interface CommitmentVectors {
  commitments: { salt: string; content: string; digest: string }[]
}

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../vectors/ledger/${name}`, import.meta.url), 'utf8'))
}

const vectors = load('receipts.json') as ReceiptVectors

test.each(vectors.valid)('verifies $name', async ({ receipt }) => {
  const verdict = await verifyReceipt(receipt, { vkeys: [vectors.vkey] })
  expect(verdict).toMatchObject({ ok: true, act: receipt.act, checkpointSize: 7, keyPinned: true })
  expect(verdict.ok && verdict.leaves.map((leaf) => leaf.index)).toEqual(
    receipt.leaves.map((leaf) => leaf.index),
  )
})

test.each(vectors.invalid)('refuses $name', async ({ receipt, code }) => {
  const verdict = await verifyReceipt(receipt)
  expect(verdict).toMatchObject({ ok: false, code })
  expect(!verdict.ok && verdict.reason.length).toBeGreaterThan(5)
})

test('tells a key that the reader named from one that only the receipt names', async () => {
  const { receipt } = vectors.valid[0]!
  expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, keyPinned: false })
  expect(await verifyReceipt(receipt, { vkeys: [] })).toMatchObject({
    ok: false,
    code: 'receipt.key-unknown',
  })
})

test('no character of a receipt can be changed', async () => {
  const text = JSON.stringify(vectors.valid[0]!.receipt)
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: text.length - 1 }),
      fc.string({ minLength: 1, maxLength: 1 }),
      async (at, other) => {
        fc.pre(text[at] !== other)
        const changed = parse(text.slice(0, at) + other + text.slice(at + 1))
        fc.pre(changed !== undefined && JSON.stringify(changed) !== text)
        expect((await verifyReceipt(changed)).ok).toBe(false)
      },
    ),
    { numRuns: 1000 },
  )
})

test('anything at all is judged, never thrown at', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (value) => {
      expect((await verifyReceipt(value)).ok).toBe(false)
    }),
  )
  let deep: unknown = 'x'
  for (let depth = 0; depth < 20_000; depth++) deep = [deep]
  const { receipt } = vectors.valid[0]!
  const opening = { ...receipt.openings![0]!, value: deep }
  expect(await verifyReceipt({ ...receipt, openings: [opening] })).toMatchObject({
    ok: false,
    code: 'receipt.opening',
  })
})

test('commits as the vectors say', async () => {
  for (const { salt, content, digest } of (load('commitments.json') as CommitmentVectors).commitments) {
    expect(await commitment(base64urlBytes(salt), utf8(content))).toBe(digest)
  }
  await expect(commitment(new Uint8Array(31), utf8('x'))).rejects.toThrow('32 bytes')
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
