import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import { InFlight } from './in-flight.ts'

test('acts begin only once nobody holds them: a disk with room does not let in what the log holds', () => {
  const inFlight = new InFlight()
  const fault = (detail: string) => new Fault('ledger.full', { detail })
  const act = { organization: 'o' } as unknown as Parameters<InFlight['add']>[0]
  inFlight.hold('log', fault('the log'))
  inFlight.hold('disk', fault('the disk'))
  expect(() => inFlight.add(act)).toThrow('the log')
  inFlight.hold('log', undefined)
  expect(() => inFlight.add(act)).toThrow('the disk')
  inFlight.hold('log', fault('the log'))
  inFlight.hold('disk', undefined)
  expect(() => inFlight.add(act)).toThrow('the log')
  inFlight.hold('log', undefined)
  inFlight.add(act)
  expect(inFlight.size).toBe(1)
})
