import { acsSchema } from '@ambit/core/wire/acs/acs'
import { acsProblems } from '@ambit/core/wire/acs/rules'
import { acsReference } from '@ambit/testkit/acs-schema'
import { describe, expect, test } from 'vitest'

const reference = acsReference()
if (reference === undefined) console.log('skipped: the ACS schema and its cases are not here')

describe.skipIf(reference === undefined)('the reference registry', () => {
  test('agrees on each of its cases', () => {
    const { cases } = reference!
    expect(cases.filter(({ valid }) => valid)).toHaveLength(8)
    expect(cases.filter(({ valid }) => !valid)).toHaveLength(9)
    for (const { label, valid, document } of cases) {
      expect([label, acsSchema.safeParse(document).success]).toEqual([label, valid])
      expect([label, reference!.problems(document).length === 0]).toEqual([label, valid])
    }
  })

  test('has examples that are read', () => {
    for (const example of reference!.examples) expect(acsSchema.parse(example)).toEqual(example)
    const [first, second] = reference!.examples.map((example) => acsSchema.parse(example))
    expect(acsProblems(first!)).toEqual([])
    // Its first end point asks for a sign-in of a person alone.
    expect(acsProblems(second!)).toEqual(['endPoints.0 lists no scheme of mutual TLS'])
  })
})
