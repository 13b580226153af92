import { capabilitySchema } from '@ambit/core/record'
import { expect, test } from 'vitest'
import { fit } from './described-limits.ts'
import type { Described, DescribedCapability } from './describe.ts'

function tool(id: string, more: Partial<DescribedCapability> = {}): DescribedCapability {
  return {
    id,
    name: id,
    description: '',
    inputSchema: undefined,
    outputSchema: undefined,
    hints: {},
    served: { name: id },
    ...more,
  }
}

function described(capabilities: readonly DescribedCapability[], more: Partial<Described> = {}): Described {
  return {
    kind: 'tool-server',
    name: 'Server',
    description: '',
    version: undefined,
    provider: { organization: undefined, url: undefined },
    interfaces: [],
    capabilities,
    remarks: [],
    ...more,
  }
}

function nested(depth: number): Record<string, unknown> {
  let value: Record<string, unknown> = {}
  for (let at = 0; at < depth; at++) value = { a: value }
  return value
}

test('leaves an ordinary description as it is', () => {
  const ordinary = described([tool('a'), tool('b', { served: nested(30) })])
  expect(fit(ordinary)).toEqual(ordinary)
})

test('leaves out what no record takes and says so', () => {
  const hostile = [
    tool('ok'),
    tool(''),
    tool('x'.repeat(300)),
    tool('in\u202Evisible'),
    tool('ok'),
    tool('deep', { served: nested(100_000) }),
    tool('long', { served: { description: 'x'.repeat(100_000) } }),
    tool('surrogate', { served: { description: '\uD800' } }),
  ]
  const fitted = fit(described(hostile))
  expect(fitted.capabilities.map((capability) => capability.id)).toEqual(['ok'])
  expect(fitted.remarks).toHaveLength(7)
})

test('cuts texts and lists to what a record takes', () => {
  const many = Array.from({ length: 2500 }, (_, at) =>
    tool(`t${at}`, { description: 'd'.repeat(at === 0 ? 30_000 : 5) }),
  )
  const fitted = fit(described(many, { name: `${'n'.repeat(299)}\u{1F600}` }))
  expect(fitted.capabilities).toHaveLength(2000)
  expect(fitted.capabilities[0]?.description).toHaveLength(20_000)
  expect(fitted.name.isWellFormed()).toBe(true)
  expect(fitted.remarks.join('\n')).toContain('only the first 2000 of 2500')
  expect(capabilitySchema.shape.description.safeParse(fitted.capabilities[0]?.description).success).toBe(true)
})
