import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdRing } from './id-ring.ts'
import { Roll } from './roll.ts'

test('a ring behaves as a map does, with numbers that only grow', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(30)), { maxLength: 600 }), (steps) => {
      const ring = new IdRing<string>()
      const model = new Map<number, string>()
      let last = 0
      for (const step of steps) {
        if (step === null) {
          const id = ring.add(`v${model.size}`)
          expect(id).toBeGreaterThan(last)
          last = id
          model.set(id, `v${model.size}`)
        } else {
          const id = [...model.keys()][step] ?? step
          expect(ring.take(id)).toBe(model.get(id))
          model.delete(id)
        }
        expect(ring.size).toBe(model.size)
      }
      for (const [id, value] of model) expect(ring.get(id)).toBe(value)
      expect(ring.ids().sort((a, b) => a - b)).toEqual([...model.keys()])
      expect([ring.get(0), ring.get(-1), ring.get(0.5), ring.take(Number.NaN)]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ])
    }),
  )
})

test('one that stays for long does not make the ring grow', () => {
  const ring = new IdRing<number>()
  const stays = ring.add(0)
  for (let at = 0; at < 100_000; at++) ring.take(ring.add(at))
  expect(ring.get(stays)).toBe(0)
  expect(ring.size).toBe(1)
})

test('a roll holds exactly those that were added and not removed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 300 }), (steps) => {
      const members = Array.from({ length: 21 }, (_, name) => ({ name, place: -1 }))
      const roll = new Roll<(typeof members)[number]>()
      const model = new Set<number>()
      for (const step of steps) {
        if (model.delete(step)) roll.remove(members[step]!)
        else {
          roll.remove(members[step]!)
          roll.add(members[step]!)
          model.add(step)
        }
      }
      expect([...roll].map((member) => member.name).sort((a, b) => a - b)).toEqual(
        [...model].sort((a, b) => a - b),
      )
      expect(roll.size).toBe(model.size)
    }),
  )
})
