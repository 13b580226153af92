import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import type { Holder } from '../../authority/authority.ts'
import { createKeyring } from '../../kernel/keyring.ts'
import { aTarget } from '../path-fixture.ts'
import { clientRequestCapability } from './client-request.ts'
import { answeredIntakes, canAnswer, openRound, readInputRequired, sealRound } from './input-required.ts'
import type { Round } from './input-required.ts'

const keyring = createKeyring(Buffer.alloc(32, 7), handClock())
const request = { key: 'name', method: 'elicitation/create', params: { message: 'Your name?' } }
const round: Round = {
  target: 'aic-1',
  request: 'tools/call\necho',
  expiresAt: 1,
  act: 'a'.repeat(32),
  trace: 'a'.repeat(32),
  required: { requests: [request], state: 'the server’s \u0000 own' },
}

test('a round is given back whole, the state of the server byte for byte, to its holder alone', () => {
  const state = sealRound(keyring, 'did:key:a', round)
  expect(openRound(keyring, 'did:key:a', state)).toEqual(round)
  expect(openRound(keyring, 'did:key:b', state)).toBeUndefined()
  expect(openRound(keyring, 'did:key:a', `${state}AAAA`)).toBeUndefined()
  expect(openRound(keyring, 'did:key:a', 'ambit-input:')).toBeUndefined()
  expect(openRound(keyring, 'did:key:a', 'of the server')).toBeUndefined()
})

test('of long questions only the digests travel', () => {
  const long = { ...request, params: { message: 'x'.repeat(100_000) } }
  const state = sealRound(keyring, 'did:key:a', { ...round, required: { requests: [long], state: 's' } })
  expect(state.length).toBeLessThan(1000)
  const [kept] = openRound(keyring, 'did:key:a', state)!.required.requests
  expect(kept?.params).toEqual({ digest: expect.stringMatching(/^sha256:/) })
})

test.each([
  [{ inputRequests: {} }, 'nothing'],
  [{ inputRequests: [] }, 'no object'],
  [{ requestState: 1 }, 'no string'],
  [{ inputRequests: { a: { method: 'tools/call', params: {} } } }, 'no client answers'],
  [{ inputRequests: { a: null } }, 'no client answers'],
  [{ inputRequests: { a: { method: 'roots/list', params: [] } } }, 'no object'],
  [
    {
      inputRequests: Object.fromEntries(
        Array.from({ length: 65 }, (_none, at) => [at, { method: 'roots/list' }]),
      ),
    },
    'more than',
  ],
])('%j is no question', (result, what) => {
  expect(readInputRequired(result)).toContain(what)
})

test('a question without params and a state without questions are read', () => {
  expect(readInputRequired({ inputRequests: { a: { method: 'roots/list' } } })).toEqual({
    requests: [{ key: 'a', method: 'roots/list', params: {} }],
    state: undefined,
  })
  expect(readInputRequired({ requestState: 's' })).toEqual({ requests: [], state: 's' })
})

test('what the client left out is recorded as not answered', () => {
  const asking = {
    holder: {} as Holder,
    target: aTarget(),
    parent: round.act,
    trace: round.trace,
    protocolOut: 'mcp/2026-07-28',
  }
  const other = { ...request, key: '__proto__' }
  const answered = answeredIntakes(asking, [request, other], { name: { action: 'decline' } })
  expect(answered.map(({ answer }) => answer)).toMatchObject([
    { status: 'completed', value: { action: 'decline' } },
    { status: 'failed', error: { code: 'caller.cannot-answer' } },
  ])
  expect(answered[0]?.intake.question).toMatchObject({
    arguments: request.params,
    protocolIn: 'mcp/2026-07-28',
  })
})

test.each([
  ['elicitation/create', {}, { elicitation: {} }, true],
  ['elicitation/create', { mode: 'form' }, { elicitation: { url: {} } }, false],
  ['elicitation/create', { mode: 'url' }, { elicitation: {} }, false],
  ['elicitation/create', { mode: 'url' }, { elicitation: { url: {} } }, true],
  ['sampling/createMessage', {}, { sampling: {} }, true],
  ['sampling/createMessage', { tools: [] }, { sampling: {} }, false],
  ['sampling/createMessage', { tools: [] }, { sampling: { tools: {} } }, true],
  ['roots/list', {}, { elicitation: {} }, false],
  ['roots/list', {}, { roots: {} }, true],
])('%s with %j to a client with %j: %s', (method, params, capabilities, can) => {
  const capability = clientRequestCapability(method)!
  expect(canAnswer(capabilities, { capability, arguments: params, protocolIn: 'mcp/2025-11-25' })).toBe(can)
})
