import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexBytes, utf8 } from '../bytes.ts'
import { formatCoseReceipt, parseCoseReceipt, verifyCoseReceipt } from './cose.ts'
import type { CoseSubject } from './cose.ts'
import { leafHash } from './merkle.ts'
import { parseVkey } from './note.ts'

interface Case {
  name: string
  entry?: string
  oldRoot?: string
  receipt: string
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../../vectors/ledger/cose-receipt.json', import.meta.url), 'utf8'),
) as { vkey: string; valid: Case[]; invalid: Case[] }

async function verify({ receipt, entry, oldRoot }: Case) {
  const key = await parseVkey(vectors.vkey)
  if (!key.ok) throw new Error(key.reason)
  const subject: CoseSubject =
    entry === undefined ? { oldRoot: hexBytes(oldRoot!) } : { leaf: await leafHash(utf8(entry)) }
  const parsed = parseCoseReceipt(hexBytes(receipt))
  return parsed.ok ? await verifyCoseReceipt(parsed.receipt, subject, key.verifier) : parsed
}

test.each(vectors.valid)('verifies a receipt: $name', async (vector) => {
  expect(await verify(vector)).toEqual({ ok: true })
})

test.each(vectors.invalid)('refuses a receipt: $name', async (vector) => {
  expect(await verify(vector)).toMatchObject({ ok: false, reason: expect.stringMatching(/./) as string })
})

test('writes the same bytes again', async () => {
  const seed = Array.from({ length: 32 }, (_, at) => at + 1)
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed)])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  for (const { receipt } of vectors.valid) {
    const parsed = parseCoseReceipt(hexBytes(receipt))
    if (!parsed.ok) throw new Error(parsed.reason)
    const { proof, signature } = parsed.receipt
    let signed = new Uint8Array(0)
    await formatCoseReceipt(proof, new Uint8Array(32), (bytes) => {
      signed = new Uint8Array(bytes)
      return signature
    })
    expect(Buffer.from(signed).toString('latin1')).toContain('Signature1')
    const again = await formatCoseReceipt(proof, new Uint8Array(32), () => signature)
    expect(Buffer.from(again).toString('hex')).toBe(receipt)
    expect(sign(null, signed, key).equals(signature)).toBe(false)
  }
})

test('gives no receipt for a log of one entry, nor with a signature of another length', async () => {
  const proof = { kind: 'inclusion', size: 1, index: 0, hashes: [] } as const
  const root = new Uint8Array(32)
  await expect(formatCoseReceipt(proof, root, () => new Uint8Array(64))).rejects.toThrow('needs a path')
  const two = { ...proof, size: 2, hashes: [root] }
  await expect(formatCoseReceipt(two, root, () => new Uint8Array(63))).rejects.toThrow('64 bytes')
})

test('a bit changed in a receipt is found wherever it is signed, and nothing throws', async () => {
  const cases = fc.constantFrom(...vectors.valid)
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(), fc.nat(7), async (vector, place, bit) => {
      const bytes = hexBytes(vector.receipt)
      bytes[place % bytes.length]! ^= 1 << bit
      const verdict = await verify({ ...vector, receipt: Buffer.from(bytes).toString('hex') })
      // The signature is over the root alone: numbers that lead to it by the same path are not told apart.
      const [was, is] = [parseCoseReceipt(hexBytes(vector.receipt)), parseCoseReceipt(bytes)]
      if (!was.ok || !is.ok || !verdict.ok) expect(verdict.ok).toBe(false)
      else
        expect(is.receipt).toEqual({
          ...was.receipt,
          proof: { ...is.receipt.proof, hashes: was.receipt.proof.hashes },
        })
    }),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(parseCoseReceipt(bytes).ok).toBe(false)
    }),
  )
})

test('bounds how deep and how long a receipt may be', () => {
  expect(parseCoseReceipt(new Uint8Array(60_000).fill(0x81)).ok).toBe(false)
  expect(parseCoseReceipt(new Uint8Array(70_000))).toMatchObject({ ok: false })
})
