import { Fault } from '@ambit/core/fault'
import { expect, test } from 'vitest'
import { isLost, writeFault } from './write-fault.ts'

/** As the driver throws what the server said. */
function said(code: string): Error {
  return Object.assign(new Error(`the server says ${code}`), { severity: 'ERROR', code })
}

test.each([
  ['a connection that ended', new Error('Connection terminated unexpectedly')],
  ['a broken pipe', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
  ['a reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['a server that is told to end', said('57P01')],
  ['a server whose connection failed', said('08006')],
])('the fate of a batch is not known after %s', (_, error) => {
  expect(isLost(error)).toBe(true)
  expect(writeFault(error)).toMatchObject({ code: 'ledger.away' })
})

test.each([
  ['a full disk of the database', said('53100'), 'ledger.away'],
  ['a server that only reads', said('25006'), 'ledger.away'],
  ['a row behind the head', said('23505'), 'ledger.corrupt'],
  ['a row that is damaged', new Fault('ledger.corrupt', { detail: 'x' }), 'ledger.corrupt'],
  ['a mistake of ours', new TypeError('x is not a function'), 'internal'],
])('a batch is not written after %s', (_, error, code) => {
  expect(isLost(error)).toBe(false)
  expect(writeFault(error)).toMatchObject({ code })
})
