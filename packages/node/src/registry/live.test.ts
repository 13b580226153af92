import { Fault } from '@ambit/core/fault'
import type { Protocol } from '@ambit/core/record'
import { handClock } from '@ambit/testkit/clock'
import { fakeUpstream } from '@ambit/testkit/registry'
import { expect, test } from 'vitest'
import type { Describe } from './describe.ts'
import { describeLive } from './live.ts'

function failing(protocol: Protocol, asked: string[], fault: unknown = new Error('secret words')): Describe {
  return {
    protocol,
    async describe() {
      asked.push(protocol)
      return await Promise.reject(fault)
    },
  }
}

test.each([
  ['https://a.example/.well-known/agent-card.json', ['a2a', 'mcp']],
  ['https://a.example/cards/notes.json?x=1', ['a2a', 'mcp']],
  ['https://a.example', ['a2a', 'mcp']],
  ['https://a.example/mcp', ['mcp', 'a2a']],
])('%s is asked in this order: %j', async (url, order) => {
  const asked: string[] = []
  const describers = [failing('mcp', asked), failing('a2a', asked)]
  const live = describeLive({ describers, clock: handClock() }, { url }, {})
  await expect(live).rejects.toMatchObject({ code: 'record.unreachable' })
  await expect(live).rejects.not.toThrow('secret words')
  expect(asked).toEqual(order)
})

test('the first protocol that is answered counts', async () => {
  const asked: string[] = []
  const describers = [failing('a2a', asked), fakeUpstream()]
  const found = await describeLive({ describers, clock: handClock() }, { url: 'https://a.example/' }, {})
  expect(found).toMatchObject({ protocol: 'mcp', described: { name: 'Notes' } })
  expect(asked).toEqual(['a2a'])
})

test('a command speaks MCP, and an address that is refused is not tried again', async () => {
  const asked: string[] = []
  const refused = new Fault('address.refused', { detail: 'that is a private address' })
  const room = { describers: [failing('a2a', asked), failing('mcp', asked, refused)], clock: handClock() }
  const command = { program: 'x', args: [], env: {} }
  await expect(describeLive(room, { command }, {})).rejects.toMatchObject({ code: 'address.refused' })
  await expect(describeLive(room, { url: 'http://10.0.0.1/mcp' }, {})).rejects.toMatchObject({
    code: 'address.refused',
  })
  expect(asked).toEqual(['mcp', 'mcp'])
})

test('who never answers is given up, and so is a question that nobody waits for any more', async () => {
  const clock = handClock()
  const signals: AbortSignal[] = []
  const silent: Describe = {
    protocol: 'mcp',
    async describe(_source, _headers, signal) {
      signals.push(signal)
      return await new Promise(() => undefined)
    },
  }
  const slow = describeLive({ describers: [silent], clock }, { url: 'https://a.example/mcp' }, {})
  clock.advance(75_000)
  await expect(slow).rejects.toMatchObject({ code: 'record.unreachable' })
  expect(signals[0]?.aborted).toBe(true)

  const gone = new AbortController()
  const left = describeLive(
    { describers: [silent], clock },
    { url: 'https://a.example/mcp' },
    {},
    { signal: gone.signal },
  )
  gone.abort()
  await expect(left).rejects.toMatchObject({ code: 'record.unreachable' })
  expect(clock.timers).toBe(0)
})

test('an address in an error carries no query', async () => {
  const describers = [failing('mcp', [])]
  const live = describeLive(
    { describers, clock: handClock() },
    { url: 'https://a.example/mcp?key=hunter2' },
    {},
  )
  await expect(live).rejects.toMatchObject({ where: 'https://a.example/mcp' })
})
