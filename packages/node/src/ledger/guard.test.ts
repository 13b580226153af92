import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { afterAll, expect, test } from 'vitest'
import { noteSigner, openFileGuard, openLedger } from './ledger.ts'
import { logsIn, origin } from './ledger-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-guard-'))
afterAll(() => rm(root, { recursive: true }))

const options = logsIn(root)
let guards = 0

test('a second writer of the same folder is refused, also while the first is idle', async () => {
  const where = await options()
  {
    await using _first = await openLedger(where)
    await expect(openLedger(where)).rejects.toMatchObject({ code: 'ledger.locked' })
  }
  await using again = await openLedger(where)
  expect(again.size).toBe(1)
})

test('a folder of another log is not written', async () => {
  const where = await options()
  await (await openLedger(where))[Symbol.asyncDispose]()
  const other = noteSigner(origin, generateKeyPairSync('ed25519').privateKey)
  await expect(openLedger({ ...where, signer: other })).rejects.toMatchObject({ code: 'ledger.other-log' })
})

test('a log restored from an older backup does not sign again', async () => {
  const where = await options()
  const backup = `${where.directory}-backup`
  {
    await using ledger = await openLedger(where)
    await ledger.write('before')
  }
  await cp(where.directory, backup, { recursive: true })
  {
    await using ledger = await openLedger(where)
    await ledger.write('after')
  }
  await rm(where.directory, { recursive: true })
  await cp(backup, where.directory, { recursive: true })
  await expect(openLedger(where)).rejects.toMatchObject({
    code: 'ledger.rolled-back',
    detail: '3 entries were signed, but the log holds 2',
  })
  await rm(where.directory, { recursive: true })
  await expect(openLedger(where)).rejects.toMatchObject({ code: 'ledger.rolled-back' })
})

test('a guard that another writer moved on stops the log before it signs', async () => {
  const guard = await openFileGuard(join(root, `guard-${guards++}`))
  const failures: Fault[] = []
  const where = await options({ guard, onFailure: (fault) => failures.push(fault) })
  const other = await openLedger(await options({ guard }))
  await other[Symbol.asyncDispose]()
  await expect(openLedger(where)).rejects.toMatchObject({ code: 'ledger.rolled-back' })

  const mine = await openFileGuard(join(root, `guard-${guards++}`))
  await using ledger = await openLedger(
    await options({ guard: mine, onFailure: (fault) => failures.push(fault) }),
  )
  const head = (await mine.read(origin))!
  await mine.advance(origin, head, {
    ...head,
    size: 9,
    checkpoint: head.checkpoint.replace('\n1\n', '\n9\n'),
  })
  await ledger.write('x')
  await expect(ledger.checkpoint(2)).rejects.toMatchObject({ code: 'ledger.rolled-back' })
  expect(ledger.state()).toMatchObject({ state: 'failed', publishedSize: 1 })
  await expect(ledger.write('y')).rejects.toMatchObject({ code: 'ledger.rolled-back' })
})

test('the guard refuses a smaller size, and another root for the same size', async () => {
  const guard = await openFileGuard(join(root, `guard-${guards++}`))
  const head = (size: number, fill: number) => {
    const bytes = Buffer.alloc(32, fill).toString('base64')
    return { size, root: bytes, checkpoint: `${origin}\n${size}\n${bytes}\n\n— a AAAAAAAA\n` }
  }
  expect(await guard.advance(origin, undefined, head(5, 1))).toBe(true)
  expect(await guard.advance(origin, undefined, head(6, 1))).toBe(false)
  expect(await guard.advance(origin, head(5, 1), head(4, 1))).toBe(false)
  expect(await guard.advance(origin, head(5, 1), head(5, 2))).toBe(false)
  expect(await guard.advance(origin, head(5, 1), head(5, 1))).toBe(true)
  const race = await Promise.all([6, 7].map((size) => guard.advance(origin, head(5, 1), head(size, 1))))
  expect(race).toEqual([true, false])
  expect((await guard.read(origin))?.size).toBe(6)
})
