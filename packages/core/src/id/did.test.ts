import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { didDocumentUrl, makeWebDid, readWebDid, splitDidUrl } from './did.ts'

function urlOf(text: string): string | undefined {
  const reading = readWebDid(text)
  return reading.ok ? didDocumentUrl(reading.did) : undefined
}
const fingerprint = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'

test.each([
  ['did:web:w3c-ccg.github.io', 'https://w3c-ccg.github.io/.well-known/did.json'],
  ['did:web:w3c-ccg.github.io:user:alice', 'https://w3c-ccg.github.io/user/alice/did.json'],
  ['did:web:example.com%3A3000:user:alice', 'https://example.com:3000/user/alice/did.json'],
  ['did:wba:example.com%3A8800:user:alice', 'https://example.com:8800/user/alice/did.json'],
  ['did:wba:example.com', 'https://example.com/.well-known/did.json'],
  [`did:wba:example.com:user:e1_${fingerprint}`, `https://example.com/user/e1_${fingerprint}/did.json`],
  ['did:web:xn--e1awd7f.com', 'https://xn--e1awd7f.com/.well-known/did.json'],
  ['did:web:localhost%3A7100:agents:mailer', 'http://localhost:7100/agents/mailer/did.json'],
  ['did:web:EXAMPLE.com', 'https://example.com/.well-known/did.json'],
])('%s is at %s', (did, url) => {
  expect(urlOf(did)).toBe(url)
})

test('reads the key that a did:wba is bound to, and no binding that is none', () => {
  const reading = readWebDid(`did:wba:example.com:user:e1_${fingerprint}`)
  expect(reading.ok && reading.did.binding).toEqual({ profile: 'e1', fingerprint })
  expect(readWebDid('did:wba:example.com:user:e1_short').ok).toBe(false)
  // Bits beyond the 256th.
  expect(readWebDid(`did:wba:example.com:e1_${fingerprint.slice(0, -1)}h`).ok).toBe(false)
  const web = readWebDid('did:web:example.com:e1_short')
  expect(web.ok && web.did.binding).toBe(undefined)
})

test.each([
  ['a homoglyph', 'did:web:exаmple.com'],
  ['full-width letters', 'did:web:ｅxample.com'],
  ['a right-to-left mark', 'did:web:example.com:a\u202eb'],
  ['an address', 'did:web:127.0.0.1'],
  ['an address in hexadecimal', 'did:web:0x7f000001'],
  ['an address in one number', 'did:web:2130706433'],
  ['an address of IPv6', 'did:web:%5B%3A%3A1%5D'],
  ['a user before the domain', 'did:web:good.com%40evil.com'],
  ['a path in the domain', 'did:web:good.com%2Fevil'],
  ['a slash in a segment', 'did:web:good.com:a%2Fb'],
  ['a slash encoded twice', 'did:web:good.com:a%252Fb'],
  ['a way up', 'did:web:good.com:..:x'],
  ['a way up in disguise', 'did:web:good.com:%2E%2E'],
  ['a letter in another spelling', 'did:web:good.com:%61lice'],
  ['lower-case hexadecimal', 'did:web:good.com:%e4%b8%ad'],
  ['half a character', 'did:web:good.com:%E4%B8'],
  ['an end of text', 'did:web:good.com:%00'],
  ['an empty segment', 'did:web:good.com::x'],
  ['a dot at the end', 'did:web:good.com.'],
  ['a port that is none', 'did:web:good.com%3A99999'],
  ['two ports', 'did:web:good.com%3A1%3A2'],
  ['a port with a zero before it', 'did:web:good.com%3A0443'],
  ['a fragment', 'did:web:good.com#key'],
  ['a query', 'did:web:good.com?x=1'],
  ['no domain', 'did:web:'],
  ['another method', 'did:plc:abc'],
  ['a hyphen at the edge', 'did:web:-a.com'],
  ['too much', `did:web:good.com:${'a'.repeat(600)}`],
  ['too many segments', `did:web:good.com${':a'.repeat(21)}`],
])('refuses %s', (_what, did) => {
  const reading = readWebDid(did)
  expect(reading.ok).toBe(false)
  expect(!reading.ok && reading.why.length).toBeGreaterThan(10)
})

test('a DID has one text, and its address is at its domain', () => {
  const part = fc.oneof(
    fc.domain(),
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.constantFrom('%2e', '%3A1', ':', '..'),
  )
  fc.assert(
    fc.property(
      fc.constantFrom('web', 'wba'),
      fc.array(part, { minLength: 1, maxLength: 4 }),
      (method, parts) => {
        const reading = readWebDid(`did:${method}:${parts.join(':')}`)
        if (!reading.ok) return
        const { did } = reading
        expect(readWebDid(did.text)).toEqual(reading)
        const url = new URL(didDocumentUrl(did))
        expect(url.hostname).toBe(did.domain)
        expect(url.username + url.password + url.search + url.hash).toBe('')
        expect(url.pathname.split('/')).toHaveLength((did.path.length || 1) + 2)
      },
    ),
    { numRuns: 500 },
  )
})

test('makes the DID of an address, and gives names of other scripts their xn-- form', () => {
  expect(makeWebDid('web', 'https://exаmple.com', ['agents', 'a'])).toBe(
    'did:web:xn--exmple-4nf.com:agents:a',
  )
  expect(makeWebDid('wba', 'http://localhost:7100')).toBe('did:wba:localhost%3A7100')
  expect(makeWebDid('web', 'https://a.example', ['智能体'])).toMatch(/^did:web:a\.example:%E6/)
  expect(() => makeWebDid('web', 'http://127.0.0.1:7100')).toThrow(RangeError)
  expect(() => makeWebDid('web', 'https://a.example', ['..'])).toThrow(RangeError)
  fc.assert(
    fc.property(
      fc.domain(),
      fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}$/), { maxLength: 5 }),
      (domain, path) => {
        const reading = readWebDid(makeWebDid('web', `https://${domain}`, path))
        expect(reading.ok && didDocumentUrl(reading.did)).toBe(
          new URL(
            [...(path.length === 0 ? ['.well-known'] : path), 'did.json'].join('/'),
            `https://${domain}/`,
          ).href,
        )
      },
    ),
  )
})

test('splits the fragment off', () => {
  expect(splitDidUrl('did:web:a.example#key-1')).toEqual({ did: 'did:web:a.example', fragment: 'key-1' })
  expect(splitDidUrl('did:web:a.example')).toEqual({ did: 'did:web:a.example', fragment: undefined })
})
