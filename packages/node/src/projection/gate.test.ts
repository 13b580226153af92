import { expect, test } from 'vitest'
import type { Json } from '@ambit/core/wire/a2a/json'
import { createAddressGuard } from '../net/address.ts'
import { formatOf } from './detect.ts'
import { fromDocument } from './formats.ts'
import { admit } from './gate.ts'

const guard = createAddressGuard([])
const here = createAddressGuard(['127.0.0.0/8'])

const card = {
  name: 'Weather',
  description: '',
  version: '1.0.0',
  supportedInterfaces: [{ url: 'https://a.example', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: {},
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
}

function refusal(document: unknown, allowed = guard): { code: string; where: string } | undefined {
  try {
    admit(document, allowed)
    return undefined
  } catch (error) {
    const { code, where } = error as { code: string; where: string }
    return { code, where }
  }
}

const at = (url: string) => ({ ...card, supportedInterfaces: [{ ...card.supportedInterfaces[0], url }] })
const where = 'document.supportedInterfaces.0.url'

test.each([
  ['a private address', 'http://10.0.0.1/a'],
  ['this machine', 'http://127.0.0.1:9000/'],
  ['this machine by name', 'https://localhost/'],
  ['this machine in IPv6', 'http://[::1]/'],
  ['a mapped address', 'http://[::ffff:10.0.0.1]/'],
  ['an address in one number', 'http://2130706433/'],
  ['an address in octal', 'http://0177.0.0.1/'],
  ['a cloud metadata address', 'http://169.254.169.254/latest'],
  ['an inner name', 'https://db.internal/'],
  ['an inner name with a dot at its end', 'https://printer.local./'],
  ['gRPC to this machine', '127.0.0.1:443'],
  ['a broker of this machine', 'amqps://localhost:5671/acps?inbox=inbox_{AIC}'],
  ['a script', 'javascript:alert(1)'],
  ['a script behind a blank', ' java\u0000script:alert(1)'.replace('\u0000', '')],
  ['a page in an address', 'data:text/html,<script>'],
  ['a file', 'file:///etc/passwd'],
  ['a password', 'https://user:secret@a.example/'],
  ['a line break', 'https://a.example/\nx'],
  ['a template of a private address', 'http://10.0.0.{last}/'],
])('refuses %s by name', (_what, url) => {
  expect(refusal(at(url))).toEqual({ code: 'format.address', where })
})

test('refuses a script wherever it stands', () => {
  expect(refusal({ ...card, 'x-link': 'JavaScript:alert(1)' })).toEqual({
    code: 'format.address',
    where: 'document.x-link',
  })
  expect(refusal({ ...card, description: 'javascript is a language' })).toBeUndefined()
  expect(refusal({ ...card, iconUrl: 'data:image/png;base64,AA==' })).toBeUndefined()
})

test.each([
  'https://a.example/x',
  'grpcs://a.example',
  'a.example:443',
  'https://{tenant}.a.example/mcp',
  'urn:x:y',
])('lets %s in', (url) => {
  expect(refusal(at(url))).toBeUndefined()
})

test('the operator may allow a range', () => {
  expect(refusal(at('http://127.0.0.1:9000/'), here)).toBeUndefined()
  expect(refusal(at('http://localhost:9000/'), here)).toBeUndefined()
  expect(refusal(at('http://10.0.0.1/'), here)).toMatchObject({ code: 'format.address' })
})

function nested(depth: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < depth; level++) value = { a: value }
  return value
}

test.each<[string, unknown, string]>([
  ['a deep one', { ...card, deep: nested(40) }, 'format.too-large'],
  ['one that would exhaust the stack', { ...card, deep: nested(50_000) }, 'format.too-large'],
  ['a long one', { ...card, description: 'x'.repeat(300_000) }, 'format.too-large'],
  ['one of many values', { ...card, many: Array.from({ length: 25_000 }, () => 1) }, 'format.too-large'],
  ['a list', [card], 'format.invalid'],
  ['nothing', null, 'format.invalid'],
  ['a number that is none', { ...card, n: Number.POSITIVE_INFINITY }, 'format.invalid'],
  ['half a character', { ...card, name: '\uD800' }, 'format.invalid'],
  ['half a character in a name', { ...card, '\uD800': 1 }, 'format.invalid'],
  ['a prototype', JSON.parse('{"__proto__":{"a":1}}'), 'format.invalid'],
])('refuses %s', (_what, document, code) => {
  expect(refusal(document)?.code).toBe(code)
})

test('one that holds itself is refused and not walked for ever', () => {
  const round: Record<string, unknown> = { ...card }
  round['self'] = round
  expect(refusal(round)?.code).toBe('format.too-large')
})

test('a member of the wrong type is named', () => {
  const invalid = (format: Parameters<typeof fromDocument>[0], document: Json) => {
    try {
      fromDocument(format, document)
      return undefined
    } catch (error) {
      return error as { code: string; where: string }
    }
  }
  expect(invalid('a2a', { ...card, skills: [{ id: 7 }] })).toMatchObject({
    code: 'format.invalid',
    where: 'document.skills.0.id',
  })
  expect(invalid('mcp', { name: 'no-slash', description: 'x', version: '1' })).toMatchObject({
    code: 'format.invalid',
    where: 'document.name',
  })
  expect(invalid('mcp', { name: 'a/b', description: 'x', version: '^1.2.3' })?.where).toBe('document.version')
  expect(
    invalid('ard', { identifier: 'weather', displayName: 'W', type: 'x', url: 'https://a.example' })?.where,
  ).toBe('document.identifier')
  expect(invalid('ai-catalog', { identifier: 'w', type: 'x' })?.where).toBe('document.url')
  expect(
    invalid('ai-catalog', { identifier: 'w', type: 'application/ai-catalog+json', url: 'https://a.example' })
      ?.where,
  ).toBe('document.type')
})

test('the format is seen from the document, or asked for', () => {
  expect(formatOf(card)).toBe('a2a')
  expect(formatOf({ url: 'https://a.example', skills: [], capabilities: {} })).toBe('a2a')
  expect(formatOf({ aic: '', endPoints: [] })).toBe('acs')
  expect(formatOf({ protocolType: 'ANP' })).toBe('anp')
  expect(formatOf({ specVersion: '1.0', entries: [] })).toBe('ai-catalog')
  expect(formatOf({ entries: [] })).toBe('ard')
  expect(formatOf({ name: 'com.example/x', version: '1' })).toBe('mcp')
  expect(() => formatOf({ hello: 1 })).toThrow(expect.objectContaining({ code: 'format.unknown' }))
})
