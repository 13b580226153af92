import { issueAic, parseAic } from '@ambit/core/id/aic'
import { instanceOf } from '@ambit/core/id/aic-operations'
import { expect, test } from 'vitest'
import { instancesOf } from './classes.ts'

const salt = Buffer.from('1234', 'hex')
const arcs = { registrar: '000001', provider: '34C2', ontology: '478BDF', entity: '000000000' }
const ontology = issueAic(arcs, salt)
const target = (id: string) => ({ id })

test('the instances of a class are those of its arcs, whatever their checksums, and not the class itself', () => {
  const group = parseAic(ontology)!
  const one = instanceOf(group, salt, Buffer.alloc(18, 7)).text
  const two = instanceOf(group, salt, Buffer.alloc(18, 8)).text
  const other = issueAic({ ...arcs, ontology: '478BD', entity: 'F00000001' }, salt)
  const targets = [ontology, one, two, other].map(target)
  expect(instancesOf(targets, ontology).map(({ id }) => id)).toEqual([one, two])
  expect(instancesOf(targets, one)).toEqual([])
  expect(instancesOf(targets, 'nothing')).toEqual([])
})
