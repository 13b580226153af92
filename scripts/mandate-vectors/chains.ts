import { createHash, createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto'
import { didKey } from '@ambit/core/id/did-key'
import { chainDigest } from '@ambit/core/mandate'
import type { Constraint, Mandate, SignedMandate } from '@ambit/core/mandate'
import { verifyChain } from '@ambit/core/mandate-chain'
import type { ChainProblemCode } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'

/** PKCS #8 of an Ed25519 seed is this and the seed (RFC 8410 section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyOf(name: string): { name: string; seed: string; signer: Signer } {
  const seed = createHash('sha256').update(`${name} ed25519`).digest()
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const did = didKey('ed25519', Buffer.from(x, 'base64url'))
  return {
    name,
    seed: seed.toString('hex'),
    signer: { alg: 'ed25519', key: did, sign: async (bytes) => signBytes(null, bytes, key) },
  }
}

const keys = ['user', 'agent', 'helper', 'stranger'].map(keyOf)
const [user, agent, helper, stranger] = keys.map(({ signer }) => signer) as [Signer, Signer, Signer, Signer]

const root: Mandate = {
  v: 1,
  type: 'mandate',
  id: 'm_1',
  issuer: user.key,
  holder: agent.key,
  subject: 'p_ann',
  organization: 'main',
  purpose: 'pay the rent 付房租',
  allow: [
    {
      target: 'bank',
      capability: 'pay*',
      effect: 'pay',
      arguments: {
        amount: { max: 100, min: 1 },
        memo: { prefix: 'rent ' },
        to: { in: ['ann', 'bob'] },
        order: { schema: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } } },
        account: { fromUser: true },
      },
      places: ['home', 'office'],
      confidentiality: 1,
      decision: 'ask',
    },
  ],
  limits: { calls: 10, rate: { calls: 2, periodMs: 60_000 }, money: { EUR: 50_000 }, bytesOut: 1_000_000 },
  delegate: { depthMax: 3, to: [agent.key, helper.key] },
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
  task: 'pay November to ann',
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
const [entry] = root.allow as [Mandate['allow'][number]]

/** What is changed in the second link, the code it is refused with, and the member named. */
const flaws: readonly [string, Partial<Mandate>, ChainProblemCode][] = [
  ['another parent', { parent: 'm_9' }, 'chain.parent'],
  ['the id of the link above', { id: 'm_1' }, 'chain.cycle'],
  ['another subject', { subject: 'p_eve' }, 'chain.subject'],
  ['another organization', { organization: 'other' }, 'chain.subject'],
  ['an earlier beginning', { notBefore: '2026-10-31T23:59:59.999Z' }, 'chain.window'],
  ['a later end', { expires: '2026-12-01T00:00:00.001Z' }, 'chain.window'],
  ['an end before its beginning', { notBefore: root.expires }, 'chain.window'],
  ['the depth of the link above', { delegate: { depthMax: 3, to: [] } }, 'chain.depth'],
  ['a holder that is not named above', { holder: stranger.key }, 'chain.delegate'],
  ['a delegate that is not named above', { delegate: { depthMax: 1, to: [stranger.key] } }, 'chain.delegate'],
  ['delegates left open', { delegate: { depthMax: 1 } }, 'chain.delegate'],
  ['more calls', { limits: { ...root.limits, calls: 11 } }, 'chain.widened'],
  ['a faster rate', { limits: { ...root.limits, rate: { calls: 3, periodMs: 60_000 } } }, 'chain.widened'],
  ['more money', { limits: { ...root.limits, money: { EUR: 50_001 } } }, 'chain.widened'],
  ['another currency', { limits: { ...root.limits, money: { EUR: 1, USD: 1 } } }, 'chain.widened'],
  ['more bytes', { limits: { ...root.limits, bytesOut: 1_000_001 } }, 'chain.widened'],
  ['limits left out', { limits: {} }, 'chain.widened'],
  ['another target', { allow: [{ ...entry, target: 'mail' }] }, 'chain.widened'],
  ['every capability', { allow: [{ ...entry, capability: '*' }] }, 'chain.widened'],
  ['a graver effect', { allow: [{ ...entry, effect: 'physical' }] }, 'chain.widened'],
  ['another place', { allow: [{ ...entry, places: ['home', 'street'] }] }, 'chain.widened'],
  ['more confidential data', { allow: [{ ...entry, confidentiality: 2 }] }, 'chain.widened'],
  ['a laxer class', { allow: [{ ...entry, decision: 'autonomous' }] }, 'chain.widened'],
  ...widerArguments(),
  ['one more entry', { allow: [entry, { target: 'mail', capability: 'read' }] }, 'chain.widened'],
  [
    'an entry with text that nobody sees',
    { allow: [{ ...entry, arguments: { to: { eq: 'ann\u200b' } } }] },
    'chain.form',
  ],
  ['a member that is not known', { extra: true } as Partial<Mandate>, 'chain.form'],
]

function widerArguments(): [string, Partial<Mandate>, ChainProblemCode][] {
  const wider: Record<string, Record<string, Constraint>> = {
    'a higher ceiling': { amount: { max: 101, min: 1 } },
    'a lower floor': { amount: { max: 100, min: 0 } },
    'a shorter prefix': { memo: { prefix: 'rent' } },
    'a value more': { to: { in: ['ann', 'bob', 'eve'] } },
    'another schema': { order: { schema: { type: 'object' } } },
    'a value that anybody said': { account: { fromTrusted: true } },
  }
  return Object.entries(wider).map(([name, change]): [string, Partial<Mandate>, ChainProblemCode] => [
    name,
    { allow: [{ ...entry, arguments: { ...entry.arguments, ...change } }] },
    'chain.widened',
  ])
}

/** Chains that hold, and chains that must not, each with the code of the first thing wrong. */
export async function chains() {
  const [one, two, three] = [await sign(root, user), await sign(child, agent), await sign(leaf, helper)]
  const sound = {
    'a standing mandate': [one],
    'and one for a task': [one, two],
    'and a leaf': [one, two, three],
  }
  const broken: { name: string; code: ChainProblemCode; links: readonly unknown[] }[] = []
  const add = (name: string, code: ChainProblemCode, links: readonly unknown[]) =>
    broken.push({ name, code, links })
  for (const [name, change, code] of flaws) {
    const body = { ...child, ...change }
    add(name, code, [one, await sign(body, agent)])
  }
  add('words of the task changed', 'chain.task', [one, two, await sign({ ...leaf, task: 'pay eve' }, helper)])
  add('issued by a stranger', 'chain.issuer', [one, await sign({ ...child, issuer: stranger.key }, stranger)])
  add('signed by a stranger', 'chain.issuer', [one, await sign(child, stranger)])
  add('forged: a body changed after signing', 'chain.signature', [one, forged(two)])
  add('forged: the signature of another link', 'chain.signature', [
    one,
    { ...two, signature: { ...two.signature, value: three.signature.value } },
  ])
  add('truncated: without its root', 'chain.truncated', [two, three])
  add('truncated: a link left out', 'chain.parent', [one, three])
  add('reordered', 'chain.truncated', [two, one])
  add('cyclic: a link twice', 'chain.cycle', [one, two, two])
  add('empty', 'chain.length', [])
  add(
    'over-deep',
    'chain.length',
    Array.from({ length: 17 }, () => one),
  )
  add('a link that is none', 'chain.form', [one, null])
  return {
    keys: keys.map(({ name, seed, signer }) => ({ name, seed, key: signer.key })),
    valid: await Promise.all(
      Object.entries(sound).map(async ([name, links]) => ({ name, digest: await chainDigest(links), links })),
    ),
    invalid: await Promise.all(broken.map(judged)),
  }
}

function forged(link: SignedMandate): SignedMandate {
  return { ...link, body: { ...link.body, purpose: 'pay everything' } }
}

/** With the place that core names; a vector that is not refused as it should be is not written. */
async function judged({ name, code, links }: { name: string; code: string; links: readonly unknown[] }) {
  const verdict = await verifyChain(links)
  if (verdict.ok || verdict.code !== code) {
    throw new Error(`${name}: ${verdict.ok ? 'it holds' : `${verdict.code} ${verdict.where.member}`}`)
  }
  return { name, code, link: verdict.where.link, member: verdict.where.member, links }
}
