import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { aHolder, aTarget } from '../../path-fixture.ts'
import { createSecondLook } from './second-look.ts'

test('a server that says all the time that its tools changed is looked at twice a minute', async () => {
  const clock = handClock()
  const looks: string[] = []
  const failures: unknown[] = []
  const look = createSecondLook({
    clock,
    probe: async (target, person) => {
      looks.push(`${target.slug} ${person}`)
      return await Promise.reject(new Error('it is gone'))
    },
    failed: (_target, error) => void failures.push(error),
  })
  for (let second = 0; second < 60; second++) {
    look(aTarget(), aHolder())
    clock.advance(1000)
  }
  look({ ...aTarget(), id: 'other', slug: 'other' }, aHolder())
  expect(looks).toEqual(['weather p_1', 'weather p_1', 'other p_1'])
  await Promise.resolve()
  await Promise.resolve()
  expect(failures).toHaveLength(3)
})
