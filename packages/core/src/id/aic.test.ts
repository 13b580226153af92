import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hexBytes } from '../bytes.ts'
import { aicChecksum, aicChecksumHolds, issueAic, parseAic } from './aic.ts'

interface AicVectors {
  checksum: { salt: string; body: string; checksum: string }[]
  format: { aic: string; formatValid: boolean; crcValidSalt1234: boolean; isOntology: boolean | null }[]
}

const file = new URL('../../../../../shared/data/aip/aic-vectors.json', import.meta.url)
const present = existsSync(file)
if (!present) console.log('skipped: AIC vectors, because ../shared/data is not here')

test.skipIf(!present)('agrees with every checksum and format vector of ACPs', () => {
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as AicVectors
  for (const { salt, body, checksum } of vectors.checksum) {
    expect(aicChecksum(body, hexBytes(salt.replace(/^0x/, ''))), body).toBe(checksum)
  }
  for (const vector of vectors.format) {
    const aic = parseAic(vector.aic)
    expect(aic?.profile === 'acps', vector.aic).toBe(vector.formatValid)
    if (aic === undefined || aic.profile !== 'acps') continue
    expect(aicChecksumHolds(aic, hexBytes('1234')), vector.aic).toBe(vector.crcValidSalt1234)
    expect(aic.isOntology, vector.aic).toBe(vector.isOntology)
  }
})

test('agrees with the check value of CRC-16/CCITT-FALSE', () => {
  expect(aicChecksum('123456789', new Uint8Array())).toBe(
    (0x29b1).toString(36).toUpperCase().padStart(4, '0'),
  )
})

test('reads the nine arcs of GB/Z 185.2 and says so', () => {
  expect(parseAic('1.2.156.3088.1.A1.REQ001.CALENDAR.1')?.profile).toBe('gbz185.2')
})

test('issues codes that hold under its own salt and no other', () => {
  const salt = Uint8Array.of(1, 2, 3, 4)
  const aic = issueAic({ registrar: '0001', provider: '00001', ontology: 'ABCDEF', entity: '1' }, salt)
  expect(aicChecksumHolds(parseAic(aic)!, salt)).toBe(true)
  expect(aicChecksumHolds(parseAic(aic)!, Uint8Array.of(9, 9))).toBe(false)
  expect(() => issueAic({ registrar: 'TOOLONG1', provider: '1', ontology: '1', entity: '1' }, salt)).toThrow(
    RangeError,
  )
})
