import { expect, test } from 'vitest'
import type { RecordView } from '../../api/types.ts'
import { needsOtherPerson } from './second-person.ts'

const digest = 'sha256:aa'
const view = {
  versions: [{ version: '1.0.0', digest, state: 'submitted', created: '' }],
  rulings: [{ body: { kind: 'submission', person: 'p_1', subject: { record: '', digests: [digest] } } }],
} as unknown as Pick<RecordView, 'versions' | 'rulings'>

test('who submitted the version that waits needs another person, where two are asked for', () => {
  expect(needsOtherPerson(view, true, 'p_1')).toBe(true)
  expect(needsOtherPerson(view, false, 'p_1')).toBe(false)
  expect(needsOtherPerson(view, true, 'p_2')).toBe(false)
  const inUse = { ...view, versions: view.versions.map((each) => ({ ...each, state: 'active' as const })) }
  expect(needsOtherPerson(inUse, true, 'p_1')).toBe(false)
})
