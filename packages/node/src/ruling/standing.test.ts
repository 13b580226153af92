import type { RulingKind } from '@ambit/core/ruling'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestBytes } from '../kernel/digest.ts'
import type { RulingHead } from './ruling-store.ts'
import { Standing, stateByKind } from './standing.ts'

const digests = Array.from({ length: 5 }, (_, at) => digestBytes(`version ${at}`))
const kinds: readonly RulingKind[] = ['activation', 'suspension', 'recall', 'certificate', 'advisory']
const heads = fc.array(
  fc.record<RulingHead>({
    id: fc.oneof(
      fc.nat(20).map((at) => `r_${at.toString(16).padStart(32, '0')}`),
      fc.constantFrom('r_short', 'r_other'),
    ),
    kind: fc.constantFrom(...kinds),
    record: fc.constant('a record'),
    digests: fc.subarray(digests, { minLength: 1 }),
    expires: fc.option(fc.constantFrom(5, 10)),
    issued: fc.nat(10),
  }),
  { maxLength: 40 },
)

test('of the rulings on a version the latest holds, in whatever order they are heard', () => {
  fc.assert(
    fc.property(heads, (heard) => {
      const standing = new Standing()
      for (const head of heard) standing.apply(head)
      for (const digest of digests) {
        const latest = (isOne: (head: RulingHead) => boolean) =>
          heard
            .filter((head) => head.digests.includes(digest) && isOne(head))
            .reduce<RulingHead | undefined>((best, head) => {
              if (best === undefined || head.issued > best.issued) return head
              return head.issued === best.issued && head.id > best.id ? head : best
            }, undefined)
        const bearer = latest(({ kind }) => stateByKind[kind] !== undefined)
        expect(standing.stateOf(digest)).toEqual(
          bearer && { state: stateByKind[bearer.kind], ruling: bearer.id },
        )
        const certificate = latest(({ kind }) => kind === 'certificate')
        expect(standing.certificateOf(digest)).toEqual(
          certificate && { ruling: certificate.id, expiresAt: certificate.expires ?? undefined },
        )
      }
    }),
  )
})

test('ten thousand versions each have their own', () => {
  const standing = new Standing()
  const many = Array.from({ length: 10_000 }, (_, at) => digestBytes(`one of many: ${at}`))
  for (const [at, digest] of many.entries()) {
    const kind = at % 2 === 0 ? 'activation' : 'recall'
    const id = `r_${at.toString(16).padStart(32, '0')}`
    standing.apply({ id, kind, record: 'a record', digests: [digest], expires: null, issued: at })
  }
  expect(standing.stateOf(many[8191]!)).toEqual({
    state: 'recalled',
    ruling: `r_${'1fff'.padStart(32, '0')}`,
  })
  expect(standing.stateOf(digestBytes('another'))).toBeUndefined()
})
