import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseDictionary, parseItem } from 'structured-headers'
import type { InnerList } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import { base64, utf8 } from '../../bytes.ts'
import type { Signer } from '../../signature.ts'
import { componentValue } from './component.ts'
import { contentDigest, contentDigestHolds, readContentDigest } from './content-digest.ts'
import { HttpSignatureProblem, fieldsOf } from './message.ts'
import type { HttpMessage } from './message.ts'
import { chooseSignature, readKeyId, requestPolicyProblem } from './policy.ts'
import { readSignatures, signMessage, signatureBase, signatureVerifies } from './signature.ts'

interface StoredMessage {
  readonly method: string
  readonly url: string
  readonly status?: number
  readonly fields: readonly [string, string][]
}

function vectors(name: string): unknown {
  const file = new URL(`../../../../../vectors/http-signature/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}

function messageOf({ method, url, status, fields }: StoredMessage): HttpMessage {
  const field = fieldsOf(fields)
  return status === undefined ? { method, url, field } : { status, field }
}

const { cases } = vectors('signatures') as {
  cases: readonly {
    readonly name: string
    readonly message: StoredMessage
    readonly body: string
    readonly label: string
    readonly input: string
    readonly base: string
    readonly signature: string
    readonly key: string
    readonly seed?: string
  }[]
}

function withSignature(stored: StoredMessage, label: string, input: string, signature: string): HttpMessage {
  const fields = [
    ...stored.fields,
    ['Signature-Input', `${label}=${input}`],
    ['Signature', `${label}=:${signature}:`],
  ] as [string, string][]
  return messageOf({ ...stored, fields })
}

/** A signer of the Ed25519 key with that seed. */
function signerOf(key: string, seed: string): Signer {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(seed, 'hex'),
  ])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { alg: 'ed25519', key, sign: async (bytes) => sign(null, bytes, secret) }
}

describe.each(cases)('the vector: $name', ({ message, body, label, input, base, signature, key, seed }) => {
  const signed = withSignature(message, label, input, signature)
  const [read] = readSignatures(signed)

  test('has that base and holds', async () => {
    expect(signatureBase(signed, read!.input)).toBe(base)
    expect(await signatureVerifies(signed, read!, key)).toBe(true)
  })

  test('holds for nothing else', async () => {
    const [name] = read!.components.at(-1)!
    const fields = message.fields.map(([each, value]): [string, string] =>
      each.toLowerCase() === name ? [each, `${value}0`] : [each, value],
    )
    expect(await signatureVerifies(messageOf({ ...message, fields }), read!, key)).toBe(false)
    const other = cases.find((each) => each.key !== key)!
    expect(await signatureVerifies(signed, read!, other.key)).toBe(false)
    const wrong = { ...read!, parameters: { ...read!.parameters, alg: 'hmac-sha256' } }
    expect(await signatureVerifies(signed, wrong, key)).toBe(false)
  })

  test('has the digest of its content', async () => {
    const lines = signed.field('content-digest')
    expect(await contentDigestHolds(lines, utf8(body))).toBe(true)
    expect(await contentDigestHolds(lines, utf8(`${body} `))).toBe(false)
  })

  test.skipIf(seed === undefined)('is made again byte for byte', async () => {
    const made = await signMessage(messageOf(message), signerOf(key, seed!), {
      label,
      components: read!.components,
      parameters: read!.parameters,
    })
    expect(made.signature).toBe(`${label}=:${signature}:`)
    expect(made['signature-input']).toBe(`${label}=${input}`)
  })
})

const { groups } = vectors('components') as {
  groups: readonly {
    readonly name: string
    readonly message: StoredMessage
    readonly components: readonly { readonly component: string; readonly value: string | null }[]
  }[]
}

describe.each(groups)('components: $name', ({ message, components }) => {
  test.each(components)('$component', ({ component, value }) => {
    const find = () => componentValue(messageOf(message), parseItem(component))
    if (value === null) expect(find).toThrow(HttpSignatureProblem)
    else expect(find()).toBe(value)
  })
})

test('a component of an answer may be of the request it answers', () => {
  const request = messageOf({ method: 'POST', url: 'https://example.com/', fields: [] })
  const answer = { status: 200, field: fieldsOf([]), request } as HttpMessage
  expect(componentValue(answer, parseItem('"@method";req'))).toBe('POST')
  expect(() => componentValue(request, parseItem('"@method";req'))).toThrow(HttpSignatureProblem)
})

const policies = vectors('policy') as {
  cases: readonly {
    name: string
    input: string
    nowS: number
    hasBody: boolean
    /** Names of other fields of the request. */
    fields?: readonly string[]
    ok: boolean
  }[]
}

test.each(policies.cases)(
  'what is asked of a signature: $name',
  ({ input, nowS, hasBody, fields: present = [], ok }) => {
    const fields = fieldsOf([
      ['signature-input', `s=${input}`],
      ['signature', 's=:AAAA:'],
    ])
    const [read] = readSignatures({ field: fields })
    expect(
      requestPolicyProblem(read!, { nowS, hasBody, has: (name) => present.includes(name) }) === undefined,
    ).toBe(ok)
  },
)

describe('hostile fields', () => {
  const read = (input: string, signature: string) =>
    readSignatures({
      field: fieldsOf([
        ['signature-input', input],
        ['signature', signature],
      ]),
    })

  test.each([
    ['no dictionary', '(((', 's=:AAAA:'],
    ['no inner list', 's=1', 's=:AAAA:'],
    ['no bytes', 's=()', 's=abc'],
    ['another label', 's=()', 't=:AAAA:'],
    ['one of two is missing', 's=(), t=()', 's=:AAAA:'],
    ['too many', list(9, (n) => `s${n}=()`), list(9, (n) => `s${n}=:AAAA:`)],
    ['too many components', `s=(${'"a" '.repeat(51)})`, 's=:AAAA:'],
    ['too long', `s=();nonce="${'x'.repeat(9000)}"`, 's=:AAAA:'],
    ['a time that is none', 's=();created="now"', 's=:AAAA:'],
    ['a key that is no text', 's=();keyid=1', 's=:AAAA:'],
  ])('are refused: %s', (_name, input, signature) => {
    expect(() => read(input, signature)).toThrow(HttpSignatureProblem)
  })

  test('cover nothing twice, and nothing that is not printable', () => {
    const message = messageOf({
      method: 'GET',
      url: 'https://a/',
      fields: [
        ['X', 'a\nb'],
        ['Y', 'é'],
      ],
    })
    const base = (list: string) => signatureBase(message, parseDictionary(`s=${list}`).get('s') as InnerList)
    expect(base('("@method")')).toContain('GET')
    for (const list of ['("@method" "@method")', '("x")', '("y")', '(1)'])
      expect(() => base(list)).toThrow(HttpSignatureProblem)
  })

  test('a digest counts where it can be checked, and only if all of it holds', async () => {
    const content = utf8('text')
    const good = await contentDigest(content)
    expect(await contentDigestHolds([good], content)).toBe(true)
    expect(await contentDigestHolds([`${good}, md5=:AAAA:`], content)).toBe(true)
    expect(await contentDigestHolds([`${good}, sha-512=:AAAA:`], content)).toBe(false)
    for (const lines of [[], ['md5=:AAAA:'], ['((('], ['sha-256=text'], [`sha-256=:${'A'.repeat(3000)}:`]])
      expect(readContentDigest(lines)).toBeUndefined()
  })
})

function list(count: number, one: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => one(n)).join(', ')
}

test('a key is named by itself, or as the key of an agent', () => {
  const { key } = cases[0]!
  const z = key.slice('did:key:'.length)
  const aic = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'
  expect(readKeyId(key)).toEqual({ key, aic: undefined })
  expect(readKeyId(`${key}#${z}`)).toEqual({ key, aic: undefined })
  expect(readKeyId(`${aic}#${z}`)).toEqual({ key, aic })
  expect(readKeyId(`${aic.toLowerCase()}#${key}`)).toEqual({ key, aic })
  for (const other of [undefined, '', 'test-key', `${key}#zOther`, `${aic}#1`, aic, 'did:key:zzz', `x#${z}`])
    expect(readKeyId(other)).toBeUndefined()
})

test('of several signatures the one counts that is meant for such a node', () => {
  const { key } = cases[0]!
  const choose = (...inputs: string[]) => {
    const field = fieldsOf([
      ['signature-input', inputs.map((input, n) => `s${n}=${input}`).join(', ')],
      ['signature', inputs.map((_, n) => `s${n}=:${base64(Uint8Array.of(n))}:`).join(', ')],
    ])
    return chooseSignature(readSignatures({ field }))?.label
  }
  expect(choose('();keyid="elsewhere"')).toBeUndefined()
  expect(choose('();keyid="elsewhere"', `();keyid="${key}"`)).toBe('s1')
  expect(choose(`();keyid="${key}"`, `();keyid="${key}"`)).toBeUndefined()
  expect(choose(`();keyid="${key}"`, `();keyid="${key}";tag="ambit"`)).toBe('s1')
})
