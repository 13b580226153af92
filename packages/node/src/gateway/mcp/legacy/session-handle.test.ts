import { handClock } from '@ambit/testkit/clock'
import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { createIds } from '../../../kernel/ids.ts'
import { createKeyring } from '../../../kernel/keyring.ts'
import { SessionHandles } from './session-handle.ts'

const clock = handClock()
const keyring = createKeyring(Buffer.alloc(32, 7), clock)
const handles = () => new SessionHandles({ keyring, clock, ids: createIds(clock) })

test('a handle made on one replica opens on another, for its holder only', () => {
  const handle = handles().create('did:key:a', '2025-06-18')
  expect(handles().open('did:key:a', handle)?.version).toBe('2025-06-18')
  expect(handles().open('did:key:b', handle)).toBeUndefined()
})

test('a holder cannot use a handle that another one was just seen with', () => {
  const own = handles()
  const handle = own.create('did:key:a', '2025-06-18')
  expect(own.open('did:key:b', handle)).toBeUndefined()
  expect(own.open('did:key:a', handle)).toBeDefined()
})

test('a handle expires', () => {
  const handle = handles().create('did:key:a', '2025-11-25')
  clock.advance(31 * 24 * 3_600_000)
  expect(handles().open('did:key:a', handle)).toBeUndefined()
})

test('opens nothing that it did not make, whatever comes', () => {
  const handle = handles().create('did:key:a', '2025-11-25')
  for (let at = 0; at < handle.length; at++) {
    const other = handle[at] === 'A' ? 'B' : 'A'
    const forged = handle.slice(0, at) + other + handle.slice(at + 1)
    expect(handles().open('did:key:a', forged)).toBeUndefined()
  }
  assert(
    property(string(), (text) => {
      expect(handles().open('did:key:a', text)).toBeUndefined()
    }),
  )
})
