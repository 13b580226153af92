import { Fault } from '@ambit/core/fault'
import { recordStates } from '@ambit/core/record'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkStep, stateAfter, steps } from './lifecycle.ts'

const allowed = [
  'draft submission submitted',
  'submitted activation active',
  'submitted recall recalled',
  'submitted retirement retired',
  'active suspension suspended',
  'active recall recalled',
  'active retirement retired',
  'suspended reinstatement active',
  'suspended recall recalled',
  'suspended retirement retired',
  'retired recall recalled',
  'recalled reinstatement active',
  'recalled retirement retired',
]

test('allows these steps and no others', () => {
  const found: string[] = []
  for (const state of recordStates) {
    for (const step of steps) {
      const next = stateAfter(state, step)
      if (next !== undefined) found.push(`${state} ${step} ${next}`)
      else expect(() => checkStep(state, step, 'x')).toThrow(Fault)
    }
  }
  expect(found.sort()).toEqual(allowed.sort())
})

test('none is in use without a submission, and a recall ends only by a reinstatement', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 40 }), (path) => {
      let state: (typeof recordStates)[number] = 'draft'
      const seen: string[] = []
      for (const step of path) {
        const next = stateAfter(state, step)
        if (next === undefined) continue
        if (next === 'active') expect(seen).toContain('submitted')
        if (state === 'recalled' && next === 'active') expect(step).toBe('reinstatement')
        seen.push(next)
        state = next
      }
    }),
  )
})

test('says what is possible instead', () => {
  expect(() => checkStep('submitted', 'suspension', 'r')).toThrow(/suspension is not possible/)
  try {
    checkStep('suspended', 'activation', 'my-agent')
  } catch (error) {
    expect(error).toMatchObject({ code: 'record.state', where: 'my-agent' })
    expect((error as Fault).remedy).toContain('reinstatement')
  }
})
