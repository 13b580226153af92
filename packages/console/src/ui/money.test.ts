import { describe, expect, test } from 'vitest'
import { minorUnits, moneyText } from './money.ts'

describe('money', () => {
  test('is written in the units of its currency', () => {
    expect(moneyText('EUR', 4990, 'en')).toBe('€49.90')
    expect(moneyText('JPY', 4990, 'en')).toBe('¥4,990')
    expect(moneyText('KWD', 1500, 'en')).toContain('1.500')
  })

  test('is read as typed, with a comma or a point', () => {
    expect(minorUnits('50', 'EUR')).toBe(5000)
    expect(minorUnits(' 49,9 ', 'EUR')).toBe(4990)
    expect(minorUnits('1200', 'JPY')).toBe(1200)
    expect(minorUnits('1.500', 'KWD')).toBe(1500)
  })

  test('is not guessed', () => {
    for (const typed of ['', '-1', '1e3', '49.999', '1 000', '.5', 'NaN', '9999999999999'])
      expect(minorUnits(typed, 'EUR'), typed).toBeUndefined()
    expect(minorUnits('1.5', 'JPY')).toBeUndefined()
    expect(minorUnits('1', 'euro')).toBeUndefined()
  })
})
