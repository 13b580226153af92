import { existsSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexBytes } from '../bytes.ts'
import { aicChecksumHolds, normalizeAic, parseAic } from './aic.ts'
import { firstCheckDigits, recognizeAic } from './aic-forms.ts'
import { acpsReading, gbzReading, instanceOf, isInstanceOf, ontologyOf, sameAic } from './aic-operations.ts'

const salt = hexBytes('1234')
const entity = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'

test('makes the class of an entity with the same salt, as the vectors of ACPs have it', () => {
  const ontology = ontologyOf(parseAic(entity)!, salt)
  expect(ontology.text).toBe('1.2.156.3088.1.1.34C2.478BDF.000000.0W1Z')
  expect(ontologyOf(ontology, salt)).toEqual(ontology)
  // `0` and `000000` are different texts with different checksums.
  expect(sameAic(ontology.text, '1.2.156.3088.1.1.34C2.478BDF.0.0LIV')).toBe(false)
})

const digits = (least: number, most: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')),
    minLength: least,
    maxLength: most,
  })
const nonZero = (most: number) => digits(1, most).filter((arc) => !/^0+$/.test(arc))
const code = fc
  .tuple(nonZero(6), nonZero(6), nonZero(9), nonZero(9))
  .map((arcs) => acpsReading(parseAic(`1.2.156.3088.1.${arcs.join('.')}`)!, salt)!)

test('an instance of a class leads back to it, is no class, and its checksum holds', () => {
  fc.assert(
    fc.property(code, fc.uint8Array({ minLength: 18, maxLength: 18 }), (aic, chance) => {
      const ontology = ontologyOf(aic, salt)
      const instance = instanceOf(ontology, salt, chance)
      expect(ontologyOf(instance, salt)).toEqual(ontology)
      expect(instance.isOntology).toBe(false)
      expect(instance.entity).toHaveLength(aic.entity.length)
      expect(aicChecksumHolds(instance, salt)).toBe(true)
      expect(isInstanceOf(instance, ontology)).toBe(true)
      expect(isInstanceOf(ontology, ontology)).toBe(false)
    }),
  )
  expect(instanceOf(ontologyOf(parseAic(entity)!, salt), salt, new Uint8Array(12)).entity).toBe('000001')
  expect(() => instanceOf(parseAic(entity)!, salt, new Uint8Array(12))).toThrow(RangeError)
})

test('the reading of nine arcs and the one of ten are the same code', () => {
  fc.assert(
    fc.property(code, (aic) => {
      const nine = gbzReading(aic)
      expect(nine.profile).toBe('gbz185.2')
      expect(acpsReading(nine, salt)).toEqual(aic)
      expect(sameAic(nine.text, aic.text.toLowerCase())).toBe(true)
      expect(acpsReading(aic, hexBytes('4321'))).toBeUndefined()
    }),
  )
})

test('no text of another script is taken for a code', () => {
  // The upper case of the long s is S, that of the dotless i is I.
  for (const text of [entity.replace('G', 'ſ'), entity.replace('J', 'ı'), entity.replace('1', '１')])
    expect(parseAic(text), text).toBeUndefined()
  expect(normalizeAic(` ${entity.toLowerCase()}\n`)).toBe(entity)
})

test('names the order of v02.00 where the text tells, and says where it does not', () => {
  const former = recognizeAic('1.2.156.3088.0001.34C2.478BDF.3GF546.1.0SEN')
  expect(former).toMatchObject({ form: 'v02.00', registrar: '0001', version: '1', entity: '3GF546' })
  expect(former?.form === 'v02.00' && former.body).toBe('1.2.156.3088.1.0001.34C2.478BDF.3GF546')
  expect(recognizeAic('1.2.156.3088.A.34C2.478BDF.3GF546.1.0SEN')?.form).toBe('v02.00')
  // The trap: both orders read, and the checksum holds over both.
  for (const text of [
    '1.2.156.3088.1.34C2.478BDF.3GF546.1.0SEN',
    '1.2.156.3088.1.34C2.478BDE.3GF546.1.0RBK',
  ]) {
    expect(recognizeAic(text)).toMatchObject({ form: 'v02.01', mayBeFormer: true })
    expect(aicChecksumHolds(parseAic(text)!, salt)).toBe(true)
  }
  expect(recognizeAic(entity)).toMatchObject({ form: 'v02.01', mayBeFormer: false })
  expect(recognizeAic('1.2.156.3088.1.A1.REQ001.CALENDAR.1')?.form).toBe('gbz185.2')
})

test('recognises the 32 characters of v01.00 and checks their digits', () => {
  expect(firstCheckDigits('10001000011K912345E789ABCDEF23')).toBe('53')
  const text = '1 0001 00001 1K9 12345E789 ABCDEF23 53'
  expect(recognizeAic(text)).toMatchObject({
    form: 'v01.00',
    registrar: '0001',
    provider: '00001',
    year: '1K9',
    ontology: '12345E789',
    entity: 'ABCDEF23',
    holds: true,
  })
  expect(recognizeAic(text.replace('53', '54'))).toMatchObject({ form: 'v01.00', holds: false })
})

const file = new URL('../../../../../shared/data/aip/aic-vectors.json', import.meta.url)
const present = existsSync(file)
if (!present) console.log('skipped: AIC vectors, because ../shared/data is not here')

test.skipIf(!present)('takes the codes of the format vectors for what they are, and no other', () => {
  const { format } = JSON.parse(readFileSync(file, 'utf8')) as {
    format: { aic: string; formatValid: boolean }[]
  }
  for (const { aic, formatValid } of format)
    expect(recognizeAic(aic)?.form === 'v02.01', aic).toBe(formatValid)
})

test('hostile texts are no codes and never throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), digits(0, 60), fc.constant(entity.repeat(3))),
      (text) => {
        const found = recognizeAic(text)
        if (found?.form === 'v02.01') expect(parseAic(text)?.profile).toBe('acps')
      },
    ),
  )
})
