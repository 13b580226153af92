import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { until } from '@ambit/testkit/until'
import { expect, test } from 'vitest'
import { WeakValues } from './weak-values.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('keeps a value as long as somebody holds it, and its name no longer', async () => {
  const values = new WeakValues<{ at: number }>()
  const held = { at: -1 }
  values.set('held', held)
  for (let at = 0; at < 100; at++) values.set(`dropped-${at}`, { at })
  await until('what nobody holds is gone', () => {
    collect()
    return values.size === 1
  })
  expect(values.get('held')).toBe(held)
  expect(values.get('dropped-1')).toBeUndefined()
})
