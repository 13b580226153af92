import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { chainDigest, constraintSchema } from '../mandate.ts'
import type { Constraint, SignedMandate } from '../mandate.ts'
import { verifyChain } from '../mandate-chain.ts'
import { constraintHolds, constraintWithin } from './constraint.ts'
import { wordsOf } from './words.ts'

interface Chains {
  readonly valid: readonly { name: string; digest: string; links: SignedMandate[] }[]
  readonly invalid: readonly { name: string; code: string; link: number; member: string; links: unknown[] }[]
}
interface Constraints {
  readonly values: readonly { constraint: Constraint; value: unknown; words?: string; holds: boolean }[]
  readonly narrowing: readonly { child: Constraint; parent: Constraint; within: boolean }[]
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../vectors/mandates/${name}.json`, import.meta.url), 'utf8'))
const chains = read('chains') as Chains
const constraints = read('constraints') as Constraints

describe('the vectors of mandates', () => {
  test.each(chains.valid)('$name holds', async ({ links, digest }) => {
    expect(await verifyChain(links)).toMatchObject({ ok: true })
    expect(await chainDigest(links)).toBe(digest)
  })

  test.each(chains.invalid)('$name is refused', async ({ links, code, link, member }) => {
    expect(await verifyChain(links)).toMatchObject({ ok: false, code, where: { link, member } })
  })

  test('values keep to their constraints or not', () => {
    for (const { constraint, value, words, holds } of constraints.values) {
      expect(constraintSchema.safeParse(constraint).success).toBe(true)
      const said = words === undefined ? undefined : wordsOf(words)
      expect(constraintHolds(constraint, value, said), JSON.stringify([constraint, value])).toBe(holds)
    }
  })

  test('children are narrower or not', () => {
    for (const { child, parent, within } of constraints.narrowing)
      expect(constraintWithin(child, parent), JSON.stringify([child, parent])).toBe(within)
  })
})
