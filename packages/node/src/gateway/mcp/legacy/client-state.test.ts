import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { Holder } from '../../../authority/authority.ts'
import type { Hub, SubscriptionFilter } from '../subscriptions/hub.ts'
import { ClientState } from './client-state.ts'
import type { Visit } from './visit.ts'

/** A client that reads nothing: what ends its connection stays in the node. A write after the end ends the process. */
class Stalled extends EventEmitter {
  text = ''
  ended = false
  writableNeedDrain = false
  write(text: string): boolean {
    if (this.ended) throw new Error('written after the end')
    this.text += text
    return true
  }
  end(): void {
    this.ended = true
  }
  get response(): ServerResponse {
    return this as unknown as ServerResponse
  }
}

function stateWith(hub: Partial<Hub> = {}): ClientState {
  const visit = { holder: { key: 'ann' } as Holder, view: { slug: undefined }, session: undefined }
  const whole: Hub = { subscribe: () => undefined, close: () => undefined, ...hub }
  return new ClientState(whole, visit as unknown as Visit, 0)
}

test('a stream that made room for another is written to no more, though its connection is still there', () => {
  const state = stateWith()
  const streams = Array.from({ length: 6 }, () => new Stalled())
  for (const stream of streams) state.add(stream.response)
  expect(streams.map((stream) => stream.ended)).toEqual([true, true, false, false, false, false])
  state.toolsChanged()
  state.write(': \n\n')
  expect(streams[2]!.text).toContain('list_changed')
  state.end()
  state.toolsChanged()
  state.write(': \n\n')
  expect(streams.every((stream) => stream.ended)).toBe(true)
})

test('what a client does not read does not pile up: the next stream gets it, or none', () => {
  const state = stateWith()
  const [slow, quick] = [new Stalled(), new Stalled()]
  slow.writableNeedDrain = true
  state.add(slow.response)
  state.add(quick.response)
  state.toolsChanged()
  expect([slow.text, quick.text.length > 0]).toEqual(['', true])
  quick.writableNeedDrain = true
  const before = quick.text
  state.toolsChanged()
  expect(quick.text).toBe(before)
})

test('lists are listened to only while there is a stream, resources also without', () => {
  const filters: (SubscriptionFilter | 'over')[] = []
  const state = stateWith({
    subscribe({ filter }) {
      filters.push(filter)
      return { update: (next) => void filters.push(next), end: () => void filters.push('over') }
    },
  })
  const stream = new Stalled()
  state.followList('promptsListChanged')
  expect(filters).toEqual([])
  state.add(stream.response)
  state.subscribe('a:1', () => undefined)
  state.remove(stream.response, 5)
  expect(state.unheardSinceMs).toBe(5)
  state.unsubscribe('a:1')
  expect(filters).toEqual([
    { promptsListChanged: true },
    { promptsListChanged: true, resourceSubscriptions: ['a:1'] },
    { resourceSubscriptions: ['a:1'] },
    'over',
  ])
})

test('a hub that takes no more subscribers is said so, and nothing is kept', () => {
  const state = stateWith()
  const answers: (string | undefined)[] = []
  state.subscribe('a:1', (refused) => answers.push(refused))
  expect(answers).toEqual([expect.stringContaining('as much as it can carry')])
  expect(state.isIdle).toBe(true)
})

test('unsubscribing from what is not known yet answers the request that waits for it', () => {
  const state = stateWith({ subscribe: () => ({ update: () => undefined, end: () => undefined }) })
  const answers: (string | undefined)[] = []
  state.subscribe('a:1', (refused) => answers.push(refused))
  state.subscribe('a:1', (refused) => answers.push(refused))
  state.unsubscribe('a:1')
  expect(answers).toHaveLength(2)
  expect(state.isIdle).toBe(true)
})
