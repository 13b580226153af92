import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCheckpoint } from '@ambit/core/log/checkpoint'
import { parseVkey } from '@ambit/core/log/note'
import { parsePolicy } from '@ambit/core/log/policy'
import { verifyReceipt } from '@ambit/core/receipt'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { logSigner, openFileGuard, openLedger } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { proveAct } from './act-prover.ts'

/* A log signs with Ed25519 and, beside it, with ML-DSA-44 under the same name: its reader may trust either. */

const root = mkdtempSync(join(tmpdir(), 'ambit-second-key-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const origin = 'node.example/activity'
const act = '0192aa00000070008000000000000001'
const refused = JSON.stringify({
  act,
  arguments: `sha256:${'ab'.repeat(32)}`,
  at: '2026-01-01T00:00:00.000Z',
  callers: ['someone'],
  capability: 'echo',
  in: 'mcp/2026-07-28',
  kind: 'act.refused',
  links: [],
  reasons: [{ code: 'user.only', rule: 'm' }],
  rulings: 0,
  trace: act,
  v: 1,
})

const signerOf = (first: number, second: number) =>
  logSigner(origin, { ed25519: Buffer.alloc(32, first), mlDsa44: Buffer.alloc(32, second) })

const offered = signerOf(1, 2).second !== undefined
if (!offered) console.log('skipped: the second key of a log, because this runtime does not offer ML-DSA-44')

async function open(folder: string, signer = signerOf(1, 2)): Promise<Ledger> {
  return await openLedger({
    directory: join(root, folder),
    origin,
    signer,
    guard: await openFileGuard(join(root, `${folder}-guard`)),
    clock: systemClock,
    onFailure: (fault) => {
      throw fault
    },
  })
}

function secondOf({ secondVkey }: Ledger): string {
  if (secondVkey === undefined) throw new Error('this runtime does not offer ML-DSA-44')
  return secondVkey
}

test.skipIf(!offered)('each checkpoint verifies with either key, and entry 0 names both', async () => {
  await using ledger = await open('both')
  const checkpoint = await ledger.checkpoint(1)
  for (const vkey of [ledger.vkey, secondOf(ledger)]) {
    const key = await parseVkey(vkey)
    if (!key.ok) throw new Error(key.reason)
    expect(await openCheckpoint(checkpoint, key.verifier)).toMatchObject({
      ok: true,
      checkpoint: { size: 1 },
    })
  }
  const leaf: unknown = JSON.parse(Buffer.from(await ledger.read(0)).toString())
  expect(leaf).toMatchObject({ vkey: ledger.vkey, secondVkey: secondOf(ledger) })
})

test.skipIf(!offered)(
  'a receipt is believed by whoever trusts either key, and by nobody who trusts another',
  async () => {
    await using ledger = await open('receipt')
    const index = await ledger.write(refused)
    const receipt = await proveAct(ledger, act, [{ index, text: refused }])
    const [own, foreign] = [secondOf(ledger), signerOf(3, 4)]
    for (const vkey of [ledger.vkey, own]) {
      const policy = await parsePolicy(`log ${vkey}\nquorum none\n`)
      if (!policy.ok) throw new Error(policy.reason)
      for (const trust of [{ vkeys: [vkey] }, { policy: policy.policy }]) {
        expect(await verifyReceipt(receipt, trust)).toMatchObject({ ok: true, keyPinned: true })
      }
    }
    const other = foreign.second?.vkey ?? ''
    expect(await verifyReceipt(receipt, { vkeys: [other] })).toMatchObject({ code: 'receipt.key-unknown' })
    // Naming a key that did not sign does not help.
    const forged = { ...receipt, log: { ...receipt.log, secondVkey: other } }
    expect(await verifyReceipt(forged, { vkeys: [other] })).toMatchObject({ code: 'receipt.checkpoint' })
    const stripped = receipt.checkpoint.split('\n').toSpliced(5, 1).join('\n')
    const alone = { ...receipt, checkpoint: stripped }
    expect(await verifyReceipt(alone, { vkeys: [ledger.vkey] })).toMatchObject({ ok: true })
    expect(await verifyReceipt(alone, { vkeys: [own] })).toMatchObject({ code: 'receipt.checkpoint' })
  },
)

test.skipIf(!offered)(
  'a runtime without the second key goes on with the log; another second key does not',
  async () => {
    await (await open('again'))[Symbol.asyncDispose]()
    const { second, ...first } = signerOf(1, 2)
    expect(second).toBeDefined()
    const older = await open('again', first)
    expect(older.secondVkey).toBeUndefined()
    await older[Symbol.asyncDispose]()
    await expect(open('again', signerOf(1, 9))).rejects.toMatchObject({ code: 'ledger.other-log' })
  },
)
