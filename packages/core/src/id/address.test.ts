import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hexBytes } from '../bytes.ts'
import { addressFrom, addressInput, deriveAddress, isWithin, readPrefix } from './address.ts'
import { formatIpv6, parseIpv6, reverseName, reverseZone } from './ipv6.ts'

function vectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../../vectors/addresses/${name}`, import.meta.url), 'utf8'))
}

function prefixOf(text: string) {
  const reading = readPrefix(text)
  if (!reading.ok) throw new Error(`${text} ${reading.why}`)
  return reading.prefix
}

const aic = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'

test('agrees with the vectors of addresses', async () => {
  const { derived, fromDigest } = vectors('derived.json') as {
    derived: { prefix: string; aic: string; counter: number; digest: string; address: string | null }[]
    fromDigest: { prefix: string; digest: string; address: string | null }[]
  }
  expect(derived.length).toBeGreaterThan(40)
  for (const { prefix, aic: code, counter, digest, address } of derived) {
    const bytes = await crypto.subtle.digest('SHA-256', addressInput(code, counter))
    expect(Buffer.from(bytes).toString('hex')).toBe(digest)
    expect(addressFrom(prefixOf(prefix), new Uint8Array(bytes)) ?? null, prefix).toBe(address)
    if (counter === 0 && address !== null)
      expect(await deriveAddress(prefixOf(prefix), code.toLowerCase())).toEqual({ address, counter })
  }
  for (const { prefix, digest, address } of fromDigest)
    expect(addressFrom(prefixOf(prefix), hexBytes(digest)) ?? null, `${prefix} ${digest}`).toBe(address)
})

test('agrees with the vectors of prefixes, and says why one is refused', () => {
  const { valid, invalid } = vectors('prefixes.json') as {
    valid: { text: string; canonical: string; documentation: boolean }[]
    invalid: { text: string; why: string }[]
  }
  for (const { text, canonical, documentation } of valid) {
    const reading = readPrefix(text)
    expect(reading, text).toMatchObject({ ok: true, isDocumentation: documentation })
    expect(reading.ok && reading.prefix.text).toBe(canonical)
  }
  for (const { text, why } of invalid) {
    const reading = readPrefix(text)
    expect(reading.ok, text).toBe(false)
    expect(reading.ok ? '' : reading.why, text).toContain(why)
  }
})

test('agrees with the vectors of texts', () => {
  const { valid, invalid } = vectors('text.json') as {
    valid: { text: string; hex: string; canonical: string; reverse: string }[]
    invalid: string[]
  }
  for (const { text, hex, canonical, reverse } of valid) {
    const value = parseIpv6(text)!
    expect(value.toString(16).padStart(32, '0'), text).toBe(hex)
    expect(formatIpv6(value)).toBe(canonical)
    expect(parseIpv6(canonical)).toBe(value)
    expect(reverseName(value)).toBe(reverse)
  }
  for (const text of invalid) expect(parseIpv6(text), text).toBeUndefined()
})

test('takes the next address when one is another agent’s, and gives up at the end', async () => {
  const prefix = prefixOf('2001:db8:a9e::/64')
  const first = await deriveAddress(prefix, aic)
  const second = await deriveAddress(prefix, aic, (address) => address === first.address)
  expect([first.counter, second.counter]).toEqual([0, 1])
  expect(second.address).not.toBe(first.address)
  await expect(deriveAddress(prefix, aic, () => true)).rejects.toThrow('free')
  await expect(deriveAddress(prefix, 'not a code')).rejects.toThrow('identity code')
})

test('has the same last bits under every prefix', async () => {
  const [short, long] = [prefixOf('2001:db8::/32'), prefixOf('2a01:4f8:1:2:3:4::/96')]
  const [one, other] = await Promise.all([deriveAddress(short, aic), deriveAddress(long, aic)])
  expect(one.address.split(':').slice(-2)).toEqual(other.address.split(':').slice(-2))
  expect(isWithin(parseIpv6(one.address)!, short)).toBe(true)
  expect(isWithin(parseIpv6(one.address)!, long)).toBe(false)
})

test('names the zone of a prefix', () => {
  expect(reverseZone(parseIpv6('2001:db8:a9e::')!, 48)).toBe('e.9.a.0.8.b.d.0.1.0.0.2.ip6.arpa')
})
