import { expect, test } from 'vitest'
import { recordStates as coreStates } from '@ambit/core/record'
import type { RecordState } from '@ambit/core/record'
import { recordStates, stepsFrom } from './record-state.ts'

test('knows every state of a record', () => {
  expect(recordStates).toEqual(coreStates)
})

test('offers an operator the steps that the draft and the versions allow', () => {
  const version = (state: RecordState) => ({ state })
  expect(stepsFrom({ draft: true, versions: [] }, ['operator'])).toEqual(['submit'])
  expect(stepsFrom({ draft: false, versions: [version('active')] }, ['owner'])).toEqual([
    'suspend',
    'retire',
    'recall',
  ])
  expect(stepsFrom({ draft: true, versions: [version('recalled')] }, ['owner'])).toEqual([
    'submit',
    'reinstate',
    'retire',
  ])
  expect(stepsFrom({ draft: false, versions: [version('submitted'), version('active')] }, ['owner'])).toEqual(
    ['activate', 'suspend', 'retire', 'recall'],
  )
  expect(stepsFrom({ draft: false, versions: [version('retired')] }, ['owner'])).toEqual([])
})

test('offers to end a suspension or a recall, but not of an older version beside the one in force', () => {
  const version = (state: RecordState) => ({ state })
  for (const state of ['suspended', 'recalled'] as const) {
    expect(stepsFrom({ draft: false, versions: [version(state)] }, ['owner'])).toContain('reinstate')
    expect(
      stepsFrom({ draft: false, versions: [version(state), version('active')] }, ['owner']),
    ).not.toContain('reinstate')
  }
})

test('offers nothing to those who only read or approve', () => {
  for (const state of recordStates) {
    expect(stepsFrom({ draft: true, versions: [{ state }] }, ['auditor', 'approver'])).toEqual([])
  }
})
