import { assert, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { plannedMessage } from './planned-message.ts'
import { readPlan } from './plan-reading.ts'

const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hello' }] }
const saying = { message: { ...message, parts: [{ text: 'greet them' }] } }

test('a list is the text of its message and the messages that will come', () => {
  const raw = { steps: [{ params: { message } }, { agent: 'other', params: { message } }] }
  expect(readPlan(raw, saying)).toEqual({
    ok: true,
    words: 'greet them',
    steps: [
      { agent: undefined, params: { message } },
      { agent: 'other', params: { message } },
    ],
  })
})

test.each([
  ['no list', {}, saying],
  ['an empty one', { steps: [] }, saying],
  ['too long a one', { steps: Array.from({ length: 51 }, () => ({ params: { message } })) }, saying],
  ['no words', { steps: [{ params: { message } }] }, { message: { ...message, parts: [{ data: {} }] } }],
  ['an agent that is no name', { steps: [{ agent: 7, params: { message } }] }, saying],
  ['a second spelling', { steps: [{ params: { message: { ...message, task_id: 't' } } }] }, saying],
  [
    'push notifications',
    {
      steps: [
        {
          params: {
            message,
            configuration: { taskPushNotificationConfig: { url: 'https://hook.example/' } },
          },
        },
      ],
    },
    saying,
  ],
])('refuses %s, in words', (_what, raw, params) => {
  expect(readPlan(raw, params)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('ambit/plan') as string,
  })
})

test('whatever stands there, reading it does not throw', () => {
  assert(
    property(jsonValue(), jsonValue(), (raw, params) => {
      expect(typeof readPlan(raw, { message: params }).ok).toBe('boolean')
      expect(typeof plannedMessage(params)['message']).toBe('object')
    }),
  )
})

test('a message is recognised however a library writes what it leaves empty, and by nothing it says', () => {
  const spoken = { ...message, contextId: '', taskId: '', extensions: [], referenceTaskIds: [], metadata: {} }
  const parts = [{ text: 'hello', filename: '', mediaType: '', metadata: null }]
  const configuration = { acceptedOutputModes: ['text/plain'] }
  expect(plannedMessage({ message: { ...spoken, parts }, configuration })).toEqual({ message })
  for (const other of [
    { ...message, messageId: 'm2' },
    { ...message, taskId: 't' },
    { ...message, parts: [{ text: '' }] },
    { ...message, parts: [{ data: { filename: '' } }] },
    { ...message, metadata: { a: 1 } },
  ])
    expect(plannedMessage({ message: other })).toEqual({ message: other })
})
