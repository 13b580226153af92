import { existsSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { afterAll, expect, test } from 'vitest'
import { openFileGuard, openLedger, readFileGuard } from './ledger.ts'
import { logsIn, origin } from './ledger-fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-guard-'))
afterAll(() => rm(root, { recursive: true }))

const options = logsIn(root)
let guards = 0

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

test('whoever only looks into a guard makes none', async () => {
  const directory = join(root, 'no-guard')
  expect(await readFileGuard(directory, origin)).toBeUndefined()
  expect(existsSync(directory)).toBe(false)
  const guard = await openFileGuard(directory)
  await using ledger = await openLedger(await options({ guard }))
  expect(await readFileGuard(directory, origin)).toMatchObject({ size: ledger.size })
})
