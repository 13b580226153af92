import { testHolder } from '@ambit/testkit/a2a-gateway'
import { storeEngines } from '@ambit/testkit/stores'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import type { Clock } from '../../kernel/clock.ts'
import { silentLog } from '../../kernel/log.ts'
import { openA2aTaskStore } from './a2a-task-store.ts'
import type { TaskRow } from './a2a-task-store.ts'
import { createTaskOwners } from './task-owners.ts'
import type { Seen } from './task-owners.ts'

const ada = testHolder('ada')
const bob = testHolder('bob')
const row = (task: string, holder: string, at = 1): TaskRow => ({
  organization: 'org',
  record: 'r1',
  task,
  holder,
  at,
  act: null,
  context: null,
})

const seen = (task: string, more: Partial<Seen> = {}): Seen => ({
  task,
  context: undefined,
  act: undefined,
  ...more,
})

/** Runs what is due when told to. */
function steppedClock(): Clock & { step(): void } {
  let due: (() => void)[] = []
  return {
    ...systemClock,
    after(_, run) {
      due = [...due, run]
      return () => {
        due = due.filter((other) => other !== run)
      }
    },
    step() {
      for (const run of due.splice(0)) run()
    },
  }
}

describe.each(storeEngines)('the owners of tasks on $name', (engine) => {
  test('a task keeps its first owner and is forgotten when it is old', async () => {
    await using store = await engine.open()
    const tasks = await openA2aTaskStore(store)
    await tasks.add([row('t1', 'ada', 10), row('t2', 'ada', 20)], [])
    await tasks.add([row('t1', 'bob', 30), row('t3', 'bob', 30)], [])
    expect(
      new Map((await tasks.find('r1', ['t1', 't2', 't3', 't4'])).map(({ task, holder }) => [task, holder])),
    ).toEqual(
      new Map([
        ['t1', 'ada'],
        ['t2', 'ada'],
        ['t3', 'bob'],
      ]),
    )
    expect(await tasks.find('r2', ['t1'])).toEqual([])
    await tasks.sweep(20)
    expect((await tasks.find('r1', ['t1', 't2'])).map(({ task }) => task)).toEqual(['t2'])
  })

  test('another replica knows a task once it is written', async () => {
    await using store = await engine.open()
    const tasks = await openA2aTaskStore(store)
    const here = createTaskOwners(tasks, systemClock, silentLog)
    const there = createTaskOwners(tasks, systemClock, silentLog)
    const long = 'x'.repeat(5000)
    here.claim(ada, 'r1', seen('t1'))
    here.claim(ada, 'r1', seen(long))
    here.claim(bob, 'r1', seen('t1'))
    expect([...(await here.owned(ada, 'r1', ['t1', long, 't2']))]).toEqual(['t1', long])
    expect([...(await here.owned(bob, 'r1', ['t1']))]).toEqual([])
    await here.close()
    expect(await there.owned(ada, 'r1', ['t1', long])).toEqual(new Set(['t1', long]))
    expect([...(await there.owned(bob, 'r1', ['t1']))]).toEqual([])
  })

  test('a conversation belongs to whoever had it first, named by the caller or by the agent', async () => {
    await using store = await engine.open()
    const tasks = await openA2aTaskStore(store)
    const here = createTaskOwners(tasks, systemClock, silentLog)
    expect(await here.converses(ada, 'r1', 'named')).toBe(true)
    expect(await here.converses(bob, 'r1', 'named')).toBe(false)
    here.claim(ada, 'r1', { task: undefined, context: 'named', act: 'a0' })
    here.claim(ada, 'r1', seen('t1', { context: 'answered', act: 'a1' }))
    here.claim(ada, 'r1', { task: undefined, context: 'said', act: 'a2' })
    expect(await here.actOf('r1', 't1')).toBe('a1')
    await here.close()
    const there = createTaskOwners(tasks, systemClock, silentLog)
    for (const context of ['named', 'answered', 'said']) {
      expect(await there.converses(bob, 'r1', context), context).toBe(false)
      expect(await there.converses(ada, 'r1', context), context).toBe(true)
      expect(await there.converses(bob, 'r2', context), context).toBe(true)
    }
    expect(await there.actOf('r1', 't1')).toBe('a1')
    expect(await there.actOf('r1', 't2')).toBeUndefined()
    expect(await there.take(bob, 'r1', 't1')).toBe(false)
    expect(await there.take(bob, 'r1', 't3')).toBe(true)
    expect(await here.take(ada, 'r1', 't3')).toBe(false)
  })
})

test('what a store does not take is written when it is back', async () => {
  const written: string[] = []
  let away = true
  const clock = steppedClock()
  const owners = createTaskOwners(
    {
      find: async () => await Promise.resolve([]),
      sweep: async () => await Promise.resolve(),
      holderOfContext: async () => await Promise.resolve(undefined),
      async add(rows) {
        if (away) throw new Error('away')
        written.push(...rows.map(({ task }) => task))
        await Promise.resolve()
      },
    },
    clock,
    silentLog,
  )
  owners.claim(ada, 'r1', seen('t1'))
  clock.step()
  await expect.poll(() => written).toEqual([])
  expect([...(await owners.owned(ada, 'r1', ['t1']))]).toEqual(['t1'])
  owners.claim(ada, 'r1', seen('t2'))
  away = false
  await owners.close()
  expect(written).toEqual(['t1', 't2'])
})
