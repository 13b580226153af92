import { expect, test } from 'vitest'
import { faultRows, faultTables } from './table.ts'

test('no two domains use one fault code', () => {
  const codes = Object.values(faultTables).flatMap((table) => Object.keys(table))
  expect(new Set(codes).size).toBe(codes.length)
  expect(Object.keys(faultRows).length).toBe(codes.length)
})

test('every fault says what it is and what to do', () => {
  for (const [code, row] of Object.entries(faultRows)) {
    expect(code).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)?$/)
    expect(row.title.length, code).toBeGreaterThan(10)
    expect(row.remedy, code).toMatch(/\.$/)
    expect(row.status, code).toBeGreaterThanOrEqual(400)
  }
})
