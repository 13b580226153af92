import { expect, test } from 'vitest'
import { readRpcCall } from './call.ts'

function read(method: string, params: unknown) {
  return readRpcCall(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })))
}

test("a push setting may name its task by the member's original name, and goes on in one spelling", () => {
  for (const method of ['Create', 'Get', 'List', 'Delete'].map(named)) {
    const reading = read(method, { task_id: 't', id: 'c', url: 'https://example.com/' })
    if (!reading.ok) throw new Error(reading.error.message)
    expect(reading.call.reading.taskIds).toEqual(['t'])
    expect(reading.call.params).toMatchObject({ taskId: 't' })
    expect(reading.call.params).not.toHaveProperty('task_id')
    // The bytes say it in the other spelling, so they are not the ones that go on.
    expect(reading.call.forward).toBe(false)
    expect(read(method, { task_id: 't', taskId: 'u', id: 'c', url: 'https://example.com/' }).ok).toBe(false)
  }
})

test('bytes in the one spelling go on as they came', () => {
  const reading = read(named('Get'), { taskId: 't', id: 'c' })
  expect(reading.ok && reading.call.forward).toBe(true)
})

function named(verb: string): string {
  return `${verb}TaskPushNotificationConfig${verb === 'List' ? 's' : ''}`
}
