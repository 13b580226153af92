import { testHolder } from '@ambit/testkit/a2a-gateway'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { createDetachments } from './detachment.ts'

const hourMs = 3_600_000

function aHandle() {
  const cancelled: string[] = []
  let resumed = 0
  return {
    id: 'a',
    cancelled,
    resumes: () => resumed,
    cancel: (reason: string) => void cancelled.push(reason),
    resume: () => void resumed++,
  }
}

test('an act whose caller left goes on, and is read on where it was held back', () => {
  const clock = handClock()
  const handle = aHandle()
  const detachment = createDetachments(clock).take(handle, testHolder('ada'))!
  clock.advance(hourMs - 1)
  expect([handle.cancelled, handle.resumes()]).toEqual([[], 1])
  detachment.over()
  clock.advance(hourMs)
  expect([handle.cancelled, clock.timers]).toEqual([[], 0])
})

test('it is stopped when it takes too long or says too much', () => {
  const clock = handClock()
  const detachments = createDetachments(clock)
  const [slow, loud] = [aHandle(), aHandle()]
  detachments.take(slow, testHolder('ada'))
  detachments.take(loud, testHolder('ada'))!.read(64 * 1024 * 1024 + 1)
  expect(loud.cancelled).toEqual([expect.stringContaining('bytes')])
  clock.advance(hourMs)
  expect(slow.cancelled).toEqual([expect.stringContaining('60 minutes')])
})

test('one holder leaves a hundred at a time, others are not held up', () => {
  const detachments = createDetachments(handClock())
  const left = Array.from({ length: 100 }, () => detachments.take(aHandle(), testHolder('ada'))!)
  const next = aHandle()
  expect(detachments.take(next, testHolder('ada'))).toBeUndefined()
  expect(next.cancelled).toEqual([expect.stringContaining('100 acts')])
  expect(detachments.take(aHandle(), testHolder('bob'))).toBeDefined()
  left[0]!.over()
  left[0]!.over()
  expect(detachments.take(aHandle(), testHolder('ada'))).toBeDefined()
  expect(detachments.take(aHandle(), testHolder('ada'))).toBeUndefined()
})
