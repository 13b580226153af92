import { createHash } from 'node:crypto'
import { context, der, derInteger, derNull, derOctets, derOid, derSequence } from '@ambit/core/der'
import { acmeBase, csrFor, newKey, order, signed } from '@ambit/testkit/acme-hand'
import type { HolderName } from './canary.ts'
import type { Memory, Shot } from './draft.ts'
import { mutateBytes } from './hostile-bytes.ts'
import { hostileValue, mutateJson } from './hostile-json.ts'
import type { FuzzAgent } from './identity-bed.ts'
import { nodeOf, textOf } from './json-node.ts'
import type { Random } from './random.ts'

/** Who sends, and what can be named in a message. */
export interface AcmeScene {
  readonly random: Random
  readonly at: number
  readonly origin: string
  readonly port: number
  readonly own: FuzzAgent
  readonly other: FuzzAgent
  /** Addresses that the node gave to each. */
  readonly memory: Readonly<Record<HolderName, Memory>>
  /** Given by the last answer; undefined before the first. */
  readonly nonce: string | undefined
}

const odd = [
  '/acps-atr-v2/acme/cert/../acct',
  '/acps-atr-v2/acme/order/%2e%2e',
  '/acps-atr-v2/crl/version/2026139999',
]
const states = [
  '/crl/current',
  '/crl/current/pem',
  '/crl/info',
  '/crl/version/2026112100',
  '/ca/trust-bundle',
  '/ca/intermediate',
]
const none = '00000000000000000000000000000000'

/** A message to the public side of the authority: true to ACME or OCSP, and then changed, or stolen. */
export async function acmeShot(scene: AcmeScene): Promise<Shot> {
  const { random } = scene
  if (random.onceIn(6)) return stateShot(scene)
  const { path, payload, what } = await request(scene)
  // Changed within what is signed, so that the signature holds for it.
  const said =
    payload === undefined || random.onceIn(2)
      ? payload
      : (parsed(textOf(mutateJson(random, nodeOf(payload)))) as object | undefined)
  const who = whose(scene)
  const head = random.onceIn(4) ? oddHead(scene) : {}
  const nonce = random.onceIn(12) ? undefined : scene.nonce
  const jws = signed({ ...who, payload: said, head }, `${scene.origin}${acmeBase}${path}`, nonce)
  const text = JSON.stringify(jws)
  const body = random.onceIn(5) ? textOf(mutateJson(random, nodeOf(jws))) : text
  const bytes = random.onceIn(8) ? mutateBytes(random, Buffer.from(body)) : Buffer.from(body)
  const type = random.onceIn(20) ? 'application/json' : 'application/jose+json'
  return shotOf(scene, 'POST', `${acmeBase}${path}`, bytes, type, what)
}

/** What a client may ask, of its own and of somebody else’s. */
async function request(scene: AcmeScene): Promise<{ path: string; payload?: object; what: string }> {
  const { random, own, other, memory } = scene
  const who = random.onceIn(3) ? other : own
  const aic = random.onceIn(3) ? other.aic : own.aic
  const known = (kind: string) => {
    const of = memory[random.onceIn(3) ? other.name : own.name].of(kind)
    return of.length === 0 ? `/order/${none}` : random.pick(of)
  }
  switch (random.below(9)) {
    case 0:
      return { path: '/new-account', payload: { contact: ['mailto:a@example.com'] }, what: 'new-account' }
    case 1:
    case 2:
      return { path: '/new-order', payload: order(aic), what: 'new-order' }
    case 3:
    case 4: {
      const csr = Buffer.from(await csrFor(aic), 'base64url')
      const changed = random.onceIn(2) ? mutateBytes(random, csr) : csr
      return {
        path: `${known('order')}/finalize`,
        payload: { csr: changed.toString('base64url') },
        what: 'finalize',
      }
    }
    case 5:
      return { path: known('order'), what: 'order' }
    case 6:
      return { path: known('cert'), what: 'cert' }
    case 7: {
      const [certificate = ''] = memory[who.name].of('der')
      return { path: '/revoke-cert', payload: { certificate, reason: random.below(9) }, what: 'revoke-cert' }
    }
    default:
      return { path: `/acct/${who.account.kid.split('/').at(-1)}`, payload: { contact: [] }, what: 'acct' }
  }
}

/** The own account, mostly; else a key that nobody knows, or the name of an account that is another’s. */
function whose({ random, own, other }: AcmeScene) {
  if (random.onceIn(10)) return { key: newKey() }
  if (random.onceIn(10)) return { key: own.account.key, kid: other.account.kid }
  return random.onceIn(12) ? { key: own.account.key } : own.account
}

function oddHead({ random, own, origin }: AcmeScene): Record<string, unknown> {
  const value = parsed(textOf(hostileValue(random)))
  const heads: readonly Record<string, unknown>[] = [
    { alg: 'none' },
    { alg: 'HS256' },
    { alg: 'EdDSA' },
    { crit: ['b64'], b64: false },
    { crit: [] },
    { url: `${origin}${acmeBase}/revoke-cert` },
    { jwk: { kty: 'oct', k: 'AAAA' }, kid: undefined },
    { kid: own.account.kid.replace('/acct/', '/order/') },
    { nonce: 'A'.repeat(51) },
    { [random.pick(['alg', 'jwk', 'kid', 'url', 'nonce', 'typ', '__proto__'])]: value },
  ]
  return random.pick(heads)
}

function stateShot(scene: AcmeScene): Shot {
  const { random, memory, own } = scene
  const serials = memory[own.name].of('serial')
  const serial = serials.length === 0 ? 'AB' : random.pick(serials)
  const question = ocspQuestion(random, serial)
  const asked = random.onceIn(2) ? mutateBytes(random, question) : question
  const base = '/acps-atr-v2'
  const escaped = encodeURIComponent(asked.toString('base64')).slice(0, 6000)
  switch (random.below(5)) {
    case 0:
      return shotOf(scene, 'POST', `${base}/ocsp`, asked, 'application/ocsp-request', 'ocsp')
    case 1:
      return shotOf(scene, 'GET', `${base}/ocsp/${escaped}`, undefined, undefined, 'ocsp')
    case 2:
      return shotOf(scene, 'GET', `${base}/ocsp/certificate/${serial}`, undefined, undefined, 'state')
    case 3:
      return shotOf(scene, 'GET', random.pick(odd), undefined, undefined, 'odd')
    default:
      return shotOf(scene, 'GET', base + random.pick(states), undefined, undefined, 'state')
  }
}

function ocspQuestion(random: Random, serial: string): Buffer {
  const name = createHash('sha1').update('example').digest()
  const id = derSequence(
    derSequence(derOid('1.3.14.3.2.26'), derNull),
    derOctets(name),
    derOctets(name),
    derInteger(Buffer.from(serial.padStart(serial.length + (serial.length % 2), '0'), 'hex')),
  )
  const ids = Array.from({ length: 1 + random.below(30) }, () => derSequence(id))
  const nonce = derSequence(
    derOid('1.3.6.1.5.5.7.48.1.2'),
    derOctets(derOctets(random.bytes(1 + random.below(200)))),
  )
  return Buffer.from(derSequence(derSequence(derSequence(...ids), der(context(2), derSequence(nonce)))))
}

function shotOf(
  { at, own, port }: AcmeScene,
  verb: string,
  path: string,
  body: Buffer | undefined,
  type: string | undefined,
  what: string,
): Shot {
  const head = [
    `${verb} ${path} HTTP/1.1`,
    `host: localhost:${port}`,
    'connection: close',
    ...(type === undefined ? [] : [`content-type: ${type}`]),
    ...(body === undefined ? [] : [`content-length: ${body.length}`]),
  ]
  const content = body ?? Buffer.alloc(0)
  const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), content])
  return {
    at,
    what,
    holder: own.name,
    verb,
    path,
    bytes,
    framed: true,
    body: content,
    flavour: undefined,
    plain: false,
  }
}

/** Deeper than any message of ACME; what our own writer could not write goes out as text, in other places. */
const tooDeep =
  /[[{](?:"a":)?[[{](?:"a":)?[[{](?:"a":)?[[{](?:"a":)?[[{](?:"a":)?[[{](?:"a":)?[[{](?:"a":)?[[{]/

function parsed(text: string): unknown {
  if (tooDeep.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Numbers that no parser takes: then it is left out.
    return undefined
  }
}
