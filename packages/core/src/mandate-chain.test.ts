import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64urlBytes } from './bytes.ts'
import { verifyChain } from './mandate-chain.ts'
import { didKey } from './id/did-key.ts'
import type { Mandate, SignedMandate } from './mandate.ts'
import { sign } from './signature.ts'
import type { Signer } from './signature.ts'

const [user, agent, helper, stranger] = [newSigner(), newSigner(), newSigner(), newSigner()]

const root: Mandate = {
  v: 1,
  type: 'mandate',
  id: 'm_1',
  issuer: user.key,
  holder: agent.key,
  subject: 'p_ann',
  organization: 'main',
  purpose: 'pay the rent',
  allow: [{ target: 'bank', capability: 'pay*', arguments: { amount: { max: 100 } }, decision: 'ask' }],
  limits: { calls: 10, rate: { calls: 2, periodMs: 60_000 } },
  delegate: { depthMax: 3, to: [helper.key] },
  notBefore: '2026-11-01T00:00:00.000Z',
  expires: '2026-12-01T00:00:00.000Z',
  nonce: '0123456789abcdef',
}
const child: Mandate = {
  ...root,
  id: 'm_2',
  issuer: agent.key,
  holder: helper.key,
  parent: 'm_1',
  delegate: { depthMax: 2, to: [helper.key] },
  task: 'pay November',
}
const leaf: Mandate = {
  ...child,
  id: 'm_3',
  issuer: helper.key,
  holder: helper.key,
  parent: 'm_2',
  delegate: { depthMax: 0, to: [] },
  expires: '2026-11-20T00:15:00.000Z',
}
const signedRoot = await sign(root, user)
const signedChild = await sign(child, agent)

test('a sound chain of three links verifies', async () => {
  const chain = [signedRoot, signedChild, await sign(leaf, helper)]
  expect(await verifyChain(chain)).toMatchObject({ ok: true })
  expect(await verifyChain(JSON.parse(JSON.stringify(chain)) as unknown[])).toMatchObject({ ok: true })
})

const unsound: [string, Partial<Mandate>, string, string][] = [
  ['another parent', { parent: 'm_9' }, 'chain.parent', 'parent'],
  ['the id of its parent', { id: 'm_1' }, 'chain.cycle', 'id'],
  ['another subject', { subject: 'p_eve' }, 'chain.subject', 'subject'],
  ['another organization', { organization: 'other' }, 'chain.subject', 'organization'],
  ['an earlier beginning', { notBefore: '2026-10-31T23:59:59.999Z' }, 'chain.window', 'notBefore'],
  ['a later end', { expires: '2026-12-01T00:00:00.001Z' }, 'chain.window', 'expires'],
  ['an end before its beginning', { notBefore: root.expires }, 'chain.window', 'expires'],
  ['the depth of its parent', { delegate: { depthMax: 3, to: [] } }, 'chain.depth', 'delegate.depthMax'],
  ['a holder its parent does not name', { holder: stranger.key }, 'chain.delegate', 'holder'],
  [
    'a delegate its parent does not name',
    { delegate: { depthMax: 1, to: [stranger.key] } },
    'chain.delegate',
    'delegate.to',
  ],
  ['delegates left open', { delegate: { depthMax: 1 } }, 'chain.delegate', 'delegate.to'],
  ['more calls', { limits: { ...root.limits, calls: 11 } }, 'chain.widened', 'limits.calls'],
  ['a limit left out', { limits: { calls: 10 } }, 'chain.widened', 'limits.rate'],
  [
    'a wider entry',
    { allow: [...root.allow, { ...root.allow[0]!, capability: '*' }] },
    'chain.widened',
    'allow.1.capability',
  ],
  [
    'a bound taken away',
    { allow: [{ target: 'bank', capability: 'pay', decision: 'ask' }] },
    'chain.widened',
    'allow.0.arguments',
  ],
]

test.each(unsound)('refuses a child with %s', async (_name, change, code, member) => {
  const verdict = await verifyChain([signedRoot, await sign({ ...child, ...change }, agent)])
  expect(verdict).toMatchObject({ ok: false, code, where: { link: 1, member } })
})

test('refuses words of a task that differ from those above', async () => {
  const other = await sign({ ...leaf, task: 'pay everything' }, helper)
  expect(await verifyChain([signedRoot, signedChild, other])).toMatchObject({ code: 'chain.task' })
})

test('refuses a link issued by anyone but the holder above', async () => {
  const own = await sign({ ...child, issuer: stranger.key }, stranger)
  expect(await verifyChain([signedRoot, own])).toMatchObject({ code: 'chain.issuer', where: { link: 1 } })
  const borrowed = await sign(child, stranger)
  expect(await verifyChain([signedRoot, borrowed])).toMatchObject({ code: 'chain.issuer' })
})

test('refuses a chain without its root, out of order, empty or too long', async () => {
  expect(await verifyChain([signedChild])).toMatchObject({ code: 'chain.truncated', where: { link: 0 } })
  expect(await verifyChain([signedChild, signedRoot])).toMatchObject({ ok: false })
  expect(await verifyChain([])).toMatchObject({ code: 'chain.length' })
  expect(await verifyChain(Array.from({ length: 17 }, () => signedRoot))).toMatchObject({
    code: 'chain.length',
  })
})

test('refuses a body that was changed after signing, whatever member it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(root) as (keyof Mandate)[])),
      fc.jsonValue(),
      async (member, value) => {
        if (JSON.stringify(root[member]) === JSON.stringify(value)) return
        const changed = { ...signedRoot, body: { ...root, [member]: value } }
        expect(await verifyChain([changed])).toMatchObject({ ok: false })
      },
    ),
    { numRuns: 200 },
  )
})

test('any input is answered, none throws', async () => {
  const lone: SignedMandate = { ...signedRoot, body: { ...root, purpose: '\ud800' } }
  expect(await verifyChain([lone])).toMatchObject({ code: 'chain.signature' })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.anything(), { maxLength: 3 }), async (links) => {
      expect((await verifyChain(links)).ok).toBe(false)
    }),
    { numRuns: 200 },
  )
})

function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  return {
    alg: 'ed25519',
    key: didKey('ed25519', base64urlBytes(x)),
    sign: async (bytes) => signBytes(null, bytes, privateKey),
  }
}
