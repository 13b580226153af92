import { createHash, createPrivateKey, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { canonicalJson } from '@ambit/core/canonical'
import { didKey } from '@ambit/core/id/did-key'
import { chainDigest } from '@ambit/core/mandate'
import type { Mandate, SignedMandate } from '@ambit/core/mandate'
import { verifyChain } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createChainCheck } from './chain-check.ts'

const signers = [ed25519(), p256(), ed25519(), p256(), ed25519()]

function bodyAt(at: number, change: Partial<Mandate> = {}): Mandate {
  return {
    v: 1,
    type: 'mandate',
    id: `m_${at}`,
    issuer: signers[at]!.key,
    holder: signers[at + 1]!.key,
    subject: 'p_ann',
    organization: 'main',
    ...(at === 0 ? {} : { parent: `m_${at - 1}` }),
    purpose: 'pay the rent',
    allow: [{ target: 'bank', capability: 'pay*', arguments: { amount: { max: 100 - at } } }],
    limits: { calls: 10, money: { EUR: 500 }, bytesOut: 1000 },
    delegate: { depthMax: 9 - at },
    notBefore: '2026-11-01T00:00:00.000Z',
    expires: '2026-12-01T00:00:00.000Z',
    nonce: '0123456789abcdef',
    ...change,
  }
}

async function chainOf(changes: readonly Partial<Mandate>[]): Promise<SignedMandate[]> {
  return await Promise.all(changes.map(async (change, at) => await sign(bodyAt(at, change), signers[at]!)))
}

const sound = await chainOf([{}, {}, {}])

/** The verdicts of both readers, without what only one of them says. */
async function verdicts(chain: unknown) {
  const check = createChainCheck()
  const quick = check.check(chain)
  const all = await check.checkAll(chain)
  const core = Array.isArray(chain) ? await verifyChain(chain) : undefined
  return { quick, all, core }
}

async function expectSame(chain: unknown): Promise<boolean> {
  const { quick, all, core } = await verdicts(chain)
  expect(all).toEqual(quick)
  if (core?.ok === true) expect(quick).toMatchObject({ ok: true, links: core.links })
  else if (core !== undefined) expect(quick).toEqual(core)
  return quick.ok
}

test('says of a sound chain what core says, and its digest and times', async () => {
  expect(await expectSame(sound)).toBe(true)
  expect(createChainCheck().check(sound)).toMatchObject({
    digest: await chainDigest(sound),
    notBefore: Date.parse('2026-11-01T00:00:00.000Z'),
    expiresAt: Date.parse('2026-12-01T00:00:00.000Z'),
  })
})

test('says of every vector what it must', async () => {
  const file = new URL('../../../../vectors/mandates/chains.json', import.meta.url)
  const { valid, invalid } = JSON.parse(readFileSync(file, 'utf8')) as {
    valid: { links: unknown; digest: string }[]
    invalid: { links: unknown; code: string; link: number; member: string }[]
  }
  for (const { links, digest } of valid) {
    expect(await expectSame(links)).toBe(true)
    expect(createChainCheck().check(links)).toMatchObject({ digest })
  }
  for (const { links, code, link, member } of invalid) {
    expect(await expectSame(links)).toBe(false)
    expect(createChainCheck().check(links)).toMatchObject({ code, where: { link, member } })
  }
})

const flaws = fc.constantFrom<Partial<Mandate>>(
  {},
  {},
  { subject: 'p_eve' },
  { parent: 'm_7' },
  { id: 'm_0' },
  { issuer: signers[4]!.key },
  { expires: '2027-01-01T00:00:00.000Z' },
  { notBefore: '2026-01-01T00:00:00.000Z' },
  { delegate: { depthMax: 12 } },
  { delegate: { depthMax: 3, to: [] } },
  { limits: { calls: 11 } },
  { limits: { calls: 10, money: { EUR: 500, USD: 1 }, bytesOut: 1000 } },
  { limits: { calls: 10, money: { EUR: 500 }, bytesOut: 1001 } },
  { allow: [{ target: '*', capability: '*' }] },
  { task: 'other words' },
)
const damage = fc.constantFrom(
  (link: SignedMandate) => link,
  (link: SignedMandate) => link,
  (link: SignedMandate) => ({ ...link, body: { ...link.body, purpose: 'another' } }),
  (link: SignedMandate) => ({ ...link, signature: { ...link.signature, value: `A${'A'.repeat(85)}` } }),
  (link: SignedMandate) => ({ ...link, signature: { ...link.signature, value: '' } }),
  (link: SignedMandate) => ({ ...link, signature: { ...link.signature, alg: 'p256' } }),
  (link: SignedMandate) => ({ ...link, signature: { ...link.signature, key: 'did:key:z6Mk' } }),
  (link: SignedMandate) => ({ ...link, extra: true }),
  () => null,
)

test('says of generated chains, sound and unsound, exactly what core says', async () => {
  let held = 0
  let broken = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(flaws, damage), { minLength: 1, maxLength: 4 }), async (parts) => {
      const links = await chainOf(parts.map(([flaw]) => flaw))
      const chain = links.map((link, at) => parts[at]![1](link))
      if (await expectSame(chain)) held++
      else broken++
    }),
    { numRuns: 400 },
  )
  expect(held).toBeGreaterThan(5)
  expect(broken).toBeGreaterThan(100)
})

test('any input is answered the same way, and none throws', async () => {
  const round: unknown[] = []
  round.push(round)
  for (const odd of [
    undefined,
    null,
    'text',
    1n,
    {},
    round,
    [1n],
    [Symbol('x')],
    [() => 1],
    Array.from({ length: 20 }),
  ])
    expect(createChainCheck().check(odd)).toMatchObject({ ok: false })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.anything(), { maxLength: 3 }), async (chain) => {
      expect(createChainCheck().check(chain).ok).toBe(false)
      expect((await createChainCheck().checkAll(chain)).ok).toBe(false)
    }),
  )
})

test('what was remembered is what the text says, not what an object turns into later', () => {
  const check = createChainCheck()
  const first = check.check(sound)
  expect(check.check(structuredClone(sound))).toBe(first)
  const changed = structuredClone(sound) as { body: { purpose: string } }[]
  changed[1]!.body.purpose = 'something else'
  expect(check.check(changed)).toMatchObject({ ok: false, code: 'chain.signature', where: { link: 1 } })
  // An object that writes itself as a sound chain is taken for the text that it wrote.
  const liar = Object.assign([{ body: 'lie' }], { toJSON: () => sound })
  const told = check.check(liar)
  expect(told.ok && told.links).toEqual(sound)
})

test('a link signed with a passkey holds once the passkey was looked at', async () => {
  const passkey = signers[0]!
  const body = bodyAt(0)
  const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest()
  const clientData = JSON.stringify({
    type: 'webauthn.get',
    challenge: sha256(canonicalJson(body)).toString('base64url'),
    origin: 'http://localhost',
  })
  // The host, that somebody was there and proved it, and a counter (Web Authentication, section 6.1).
  const authenticatorData = Buffer.concat([sha256('localhost'), Buffer.of(0x05, 0, 0, 0, 1)])
  const value = await passkey.sign(Buffer.concat([authenticatorData, sha256(clientData)]))
  const signature = {
    alg: 'webauthn',
    key: passkey.key,
    authenticatorData: authenticatorData.toString('base64url'),
    clientData: Buffer.from(clientData).toString('base64url'),
    value: Buffer.from(value).toString('base64url'),
  } as const
  const chain = [{ body, signature }, sound[1]!]
  expect(await verifyChain(chain)).toMatchObject({ ok: true })
  const check = createChainCheck()
  expect(check.check(chain)).toMatchObject({ code: 'chain.signature', where: { link: 0 } })
  expect(await check.checkAll(chain)).toMatchObject({ ok: true })
  expect(check.check(structuredClone(chain))).toMatchObject({ ok: true })
  // Whatever else begins with that link is checked at once.
  expect(check.check([chain[0]])).toMatchObject({ ok: true })
  const forged = [{ body: { ...body, purpose: 'another' }, signature }]
  expect(await expectSame(forged)).toBe(false)
})

test('a warm chain is answered in a small part of the time of a cold one', async () => {
  const check = createChainCheck()
  const chains = await Promise.all(
    Array.from({ length: 60 }, async (_, at) => await chainOf([{ purpose: `${at}` }, {}, {}])),
  )
  const times = (run: (chain: unknown) => unknown) =>
    chains
      .map((chain) => {
        const before = performance.now()
        run(chain)
        return performance.now() - before
      })
      .toSorted((a, b) => a - b)[30]!
  const cold = times((chain) => check.check(chain))
  const warm = times((chain) => check.check(chain))
  console.info(
    `chain of 3 links: ${(cold * 1000).toFixed(0)} µs cold, ${(warm * 1000).toFixed(1)} µs warm (median)`,
  )
  expect(warm).toBeLessThan(cold / 4)
})

function ed25519(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const key = didKey('ed25519', Buffer.from(x, 'base64url'))
  return { alg: 'ed25519', key, sign: async (bytes) => signBytes(null, bytes, privateKey) }
}

function p256(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const odd = Buffer.from(y, 'base64url').at(-1)! & 1
  const key = didKey('p256', Buffer.concat([Buffer.of(2 + odd), Buffer.from(x, 'base64url')]))
  const pem = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return {
    alg: 'p256',
    key,
    sign: async (bytes) => signBytes('sha256', bytes, { key: pem, dsaEncoding: 'ieee-p1363' }),
  }
}
