import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bareA2aTarget } from '@ambit/testkit/a2a-node'
import { testHolder } from '@ambit/testkit/a2a-gateway'
import { openBack } from '@ambit/testkit/back'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createKeyring } from '../../../kernel/keyring.ts'
import { silentLog } from '../../../kernel/log.ts'
import { openBody, tokenHash } from './callback.ts'
import type { CallbackRow } from './push-store.ts'
import { createReceiver } from './receiver.ts'
import type { ReceiverParts } from './receiver.ts'

const id = `cb_${'1'.repeat(32)}`
const token = 'cbt_right'
const ada = testHolder('ada')
const target = bareA2aTarget('teller', 'http://127.0.0.1:1', 'jsonrpc')
const row: CallbackRow = {
  id,
  organization: 'org',
  holder: ada.key,
  links: '["m_ada"]',
  record: target.id,
  task: 't1',
  config: 'c',
  content: '',
  sealed: Buffer.alloc(0),
  token: tokenHash(token),
  act: 'a'.repeat(32),
  trace: 'b'.repeat(32),
  made: 0,
  ended: null,
  heard: 0,
  last: null,
}

const working = { statusUpdate: { taskId: 't1', status: { state: 'TASK_STATE_WORKING' } } }

/** Pushes one state to a receiver whose parts are as the test says. */
async function pushed(change: {
  readonly body?: unknown
  readonly waiting?: { readonly pushes: number; readonly bytes: number }
  readonly store?: Partial<ReceiverParts['store']>
  readonly parts?: Partial<ReceiverParts>
}): Promise<{ readonly status: number; readonly retryAfter: string | null; readonly stored: number }> {
  const clock = handClock()
  let stored = 0
  const store = {
    callback: async () => await Promise.resolve(row),
    waiting: async () => await Promise.resolve(change.waiting ?? { pushes: 0, bytes: 0 }),
    add: async () => {
      stored++
      return await Promise.resolve(true)
    },
    ...change.store,
  } as unknown as ReceiverParts['store']
  const receiver = createReceiver({
    gateway: openBack,
    store,
    callbacks: { bind: async () => await Promise.resolve(true), isOver: () => false },
    holderOf: () => ada,
    target: () => target,
    keyring: createKeyring(Buffer.alloc(32, 7), clock),
    clock,
    log: silentLog,
    stored: () => undefined,
    ...change.parts,
  })
  const server = createServer((request, response) => receiver.handle(request, response)).listen(
    0,
    '127.0.0.1',
  )
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/a2a/push/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/a2a+json', 'x-a2a-notification-token': token },
    body: JSON.stringify(change.body ?? working),
  })
  await response.text()
  server.close()
  return { status: response.status, retryAfter: response.headers.get('retry-after'), stored }
}

test('acknowledges a push once it is stored', async () => {
  expect(await pushed({})).toMatchObject({ status: 202, stored: 1 })
  const away = async () => await Promise.reject(new Error('the store is away'))
  expect(await pushed({ store: { add: away } })).toMatchObject({ status: 503 })
})

test('an agent of 0.3 pushes a task in its own form, and it is kept in that of 1.0', async () => {
  const kept: string[] = []
  const keyring = createKeyring(Buffer.alloc(32, 7), handClock())
  const store = {
    add: async (push: { readonly body: Uint8Array }) => {
      kept.push(openBody(keyring, id, push.body).toString())
      return await Promise.resolve(true)
    },
  }
  const body = { kind: 'task', id: 't1', contextId: 'c', status: { state: 'completed' } }
  expect(await pushed({ body, store, parts: { keyring } })).toMatchObject({ status: 202 })
  expect(JSON.parse(kept[0]!)).toMatchObject({
    task: { id: 't1', status: { state: 'TASK_STATE_COMPLETED' } },
  })
  expect(await pushed({ body: { kind: 'toString', id: 't1' } })).toMatchObject({ status: 400, stored: 0 })
})

test.each([
  { pushes: 1000, bytes: 1 },
  { pushes: 1, bytes: 64 * 1024 * 1024 },
])('asks the agent to come back later when $pushes pushes of $bytes bytes wait', async (waiting) => {
  expect(await pushed({ waiting })).toEqual({ status: 429, retryAfter: '30', stored: 0 })
})

test('a callback whose mandate, agent or time is over takes nothing', async () => {
  expect(await pushed({ parts: { holderOf: () => undefined } })).toMatchObject({ status: 404, stored: 0 })
  expect(await pushed({ parts: { target: () => undefined } })).toMatchObject({ status: 404, stored: 0 })
  const over = { bind: async () => await Promise.resolve(true), isOver: () => true }
  expect(await pushed({ parts: { callbacks: over } })).toMatchObject({ status: 404, stored: 0 })
})

test('claims its own addresses and no agent that happens to be called so', () => {
  const receiver = createReceiver({} as ReceiverParts)
  expect(receiver.claims(`/a2a/push/${id}`)).toBe(true)
  for (const path of [
    '/a2a/push',
    '/a2a/push/',
    '/a2a/push/message:send',
    `/a2a/push/${id}/tasks`,
    '/a2a/push/cb_1',
  ])
    expect(receiver.claims(path), path).toBe(false)
})
