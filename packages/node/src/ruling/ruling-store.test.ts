import { signatureHolds } from '@ambit/core/signature'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import type { BusMessage } from '../bus/bus.ts'
import { digestBytes, digestValue } from '../kernel/digest.ts'
import { createIds } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import type { Store } from '../store/store.ts'
import { openRulings } from './ruling.ts'

const one = digestBytes('one')
const two = digestBytes('two')
const record = '1.2.156.3088.1.000001.ABCDEF.000001.000000001.0000'

function partsOf(store: Store) {
  const clock = handClock()
  const log = memoryLog()
  const bus = createLocalBus(silentLog)
  return { store, clock, log, bus, ids: createIds(clock), signer: memorySigner() }
}

describe.each(storeEngines)('rulings on $name', (engine) => {
  test('a ruling is signed, in the log, in the epoch and on the bus', async () => {
    await using store = await engine.open()
    const parts = partsOf(store)
    const rulings = await openRulings(parts)
    const heard: [string, BusMessage, number][] = []
    parts.bus.subscribe('ruling.*', (message, subject) => heard.push([subject, message, rulings.epoch]))
    const signed = await rulings.issue({ kind: 'activation', record, digests: [one, two], person: 'p_1' })
    expect(await signatureHolds(signed)).toBe(true)
    expect(signed.signature.key).toBe(parts.signer.key)
    expect(rulings.epoch).toBe(1)
    expect(rulings.stateOf(two)).toEqual({ state: 'active', ruling: signed.body.id })
    expect(parts.log.leaves).toMatchObject([
      { kind: 'ruling', what: 'activation', digest: digestValue(signed) },
    ])
    expect(heard).toEqual([
      ['ruling.activation', { id: signed.body.id, record, digests: [one, two], epoch: 1 }, 1],
    ])
    expect(await rulings.list(record)).toEqual([signed])
    expect(await rulings.newest('main')).toEqual([signed])
    expect(await rulings.newest('other')).toEqual([])
  })

  test('what holds is the same after a restart, also for rulings of one instant', async () => {
    await using store = await engine.open()
    const parts = partsOf(store)
    const rulings = await openRulings(parts)
    await rulings.issue({ kind: 'submission', record, digests: [one] })
    await rulings.issue({ kind: 'activation', record, digests: [one] })
    await rulings.issue({ kind: 'advisory', record, digests: [one] })
    const recall = await rulings.issue({ kind: 'recall', record, digests: [one], note: 'unsafe' })
    const again = await openRulings(parts)
    expect(again.epoch).toBe(4)
    expect(again.stateOf(one)).toEqual({ state: 'recalled', ruling: recall.body.id })
    expect((await again.list(record)).map((ruling) => ruling.body.kind)).toEqual([
      'submission',
      'activation',
      'advisory',
      'recall',
    ])
  })

  test('a certificate ends with its expiry and survives a restart', async () => {
    await using store = await engine.open()
    const parts = partsOf(store)
    const rulings = await openRulings(parts)
    const expiresAt = parts.clock.now() + 1000
    await rulings.issue({ kind: 'certificate', record, digests: [one], expiresAt })
    const again = await openRulings(parts)
    expect(again.certificateOf(one)?.expiresAt).toBe(expiresAt)
    expect(again.certificateOf(two)).toBeUndefined()
    parts.clock.advance(1000)
    expect(again.certificateOf(one)).toBeUndefined()
  })

  test('a ruling that the log does not take has no effect', async () => {
    await using store = await engine.open()
    const parts = {
      ...partsOf(store),
      log: { write: async () => await Promise.reject(new Error('disk full')) },
    }
    const rulings = await openRulings(parts)
    await expect(rulings.issue({ kind: 'activation', record, digests: [one] })).rejects.toThrow('disk full')
    expect(rulings.epoch).toBe(0)
    expect(rulings.stateOf(one)).toBeUndefined()
    expect(await rulings.list(record)).toEqual([])
  })

  test('rulings made at once on one record end in the state of the newest', async () => {
    await using store = await engine.open()
    const parts = partsOf(store)
    const rulings = await openRulings(parts)
    const kinds = ['activation', 'suspension', 'reinstatement', 'recall'] as const
    await Promise.all(kinds.map(async (kind) => await rulings.issue({ kind, record, digests: [one] })))
    expect(rulings.stateOf(one)?.state).toBe('recalled')
    expect((await openRulings(parts)).stateOf(one)?.state).toBe('recalled')
  })

  test('refuses a state that expires and a statement about nothing', async () => {
    await using store = await engine.open()
    const rulings = await openRulings(partsOf(store))
    const expiresAt = Date.UTC(2030, 0, 1)
    await expect(
      rulings.issue({ kind: 'suspension', record, digests: [one], expiresAt }),
    ).rejects.toMatchObject({
      code: 'ruling.invalid',
      where: 'expiresAt',
    })
    await expect(rulings.issue({ kind: 'advisory', record, digests: [] })).rejects.toMatchObject({
      code: 'ruling.invalid',
      where: 'subject.digests',
    })
  })
})
