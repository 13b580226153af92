import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { handClock } from '@ambit/testkit/clock'
import { callers, startControlServer } from '@ambit/testkit/control-server'
import { send } from '@ambit/testkit/raw-http'
import { expect, test } from 'vitest'
import { createLocalBus } from '../bus/local.ts'
import { silentLog } from '../kernel/log.ts'
import { eventRoutes } from './events.ts'

async function listenTo(port: number, path: string, token: string) {
  const response = await new Promise<IncomingMessage>((resolve) => {
    get(
      { port, path, headers: { host: 'localhost', authorization: `Bearer ${token}` }, agent: false },
      resolve,
    )
  })
  let text = ''
  const waiting: { has: string; resolve: () => void }[] = []
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    for (const wait of waiting) if (text.includes(wait.has)) wait.resolve()
  })
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  response.on('error', () => undefined)
  return {
    response,
    closed,
    text: () => text,
    async until(has: string) {
      if (!text.includes(has)) await new Promise<void>((resolve) => waiting.push({ has, resolve }))
    },
  }
}

/** What is called foreign is of another organisation; what is called lost is of none that is known. */
const owners = { record: ownerOf, mandate: ownerOf }
function ownerOf(id: string): string | undefined {
  return id.includes('lost') ? undefined : id.includes('foreign') ? 'other' : 'main'
}

test('streams events with a heartbeat, and stops at once for who may no longer listen', async () => {
  const bus = createLocalBus(silentLog)
  const clock = handClock()
  const tokens = new Map(Object.entries(callers))
  const identity = { callerOf: async (token: string) => tokens.get(token) }
  await using server = await startControlServer({ routes: eventRoutes(bus, owners), clock, identity })
  const { port } = server
  const reader = await listenTo(port, '/api/events', 'ambs_operator')
  expect(reader.response.headers['content-type']).toContain('text/event-stream')
  expect(reader.response.headers['x-content-type-options']).toBe('nosniff')
  await reader.until(': open')
  bus.publish('approval.asked', { id: 'a_1', act: 'x', organization: 'main' })
  bus.publish('approval.asked', { id: 'a_2', act: 'x', organization: 'other' })
  bus.publish('approval.asked', { id: 'a_3', act: 'x' })
  bus.publish('record.changed', { slug: 'mail', record: 'aic' })
  bus.publish('record.changed', { slug: 'foreign', record: 'foreign' })
  bus.publish('record.changed', { slug: 'lost', record: 'lost' })
  bus.publish('ruling.recall', { id: 'r_0', record: 'foreign', digests: [] })
  bus.publish('mandate.granted', { id: 'm_foreign' })
  bus.publish('mandate.revoked', { ids: ['m_1', 'm_foreign', 'm_lost', 'm_2'] })
  bus.publish('mandate.token', { id: 't_1', step: 'revoked' })
  bus.publish('mandate.token', { id: 't_2', mandate: 'm_3', step: 'created' })
  bus.publish('ruling.recall', { id: 'r_1', record: 'aic', digests: [] })
  await reader.until('"kind":"recall"')
  expect(reader.text()).toBe(
    [
      ': open\n',
      'event: approval\ndata: {"id":"a_1","state":"pending"}\n',
      'event: record\ndata: {"slug":"mail"}\n',
      'event: mandate\ndata: {"id":"m_1"}\n',
      'event: mandate\ndata: {"id":"m_2"}\n',
      'event: mandate\ndata: {"id":"m_3"}\n',
      'event: ruling\ndata: {"kind":"recall","record":"aic"}\n',
      '',
    ].join('\n'),
  )
  clock.advance(15_000)
  await reader.until(': beat')
  tokens.clear()
  bus.publish('record.changed', { slug: 'late', record: 'aic' })
  await reader.closed
  expect(reader.text()).not.toContain('late')
})

test('ends streams when the server closes, and refuses what comes then', async () => {
  await using server = await startControlServer({ routes: eventRoutes(createLocalBus(silentLog), owners) })
  const reader = await listenTo(server.port, '/api/events', 'ambs_operator')
  await reader.until(': open')
  await server.close()
  await reader.closed
  await expect(send(server.port)).rejects.toThrow('ECONNREFUSED')
})
