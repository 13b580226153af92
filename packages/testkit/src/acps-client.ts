import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { certificateRequest, createCertificateKeys } from '@ambit/sdk/certificate-request'
import { certifiedClient } from './agent-client.ts'
import type { AgentIdentity } from './agent-client.ts'

/*
 * A client of an ACPs registry and its certificate authority that knows nothing of this node but its addresses: written
 * after the interfaces of the reference servers 2.1, with a log-in by form, its own ACME, and mutual TLS for entities.
 */

/** What came over the wire, read by whoever knows what it should be. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = Readonly<Record<string, any>>

/** What a server of ACPs answered in place of what was asked. */
export class AcpsRefusal extends Error {
  readonly status: number
  readonly body: Json

  constructor(status: number, body: Json) {
    super(`${status} ${JSON.stringify(body)}`)
    this.name = 'AcpsRefusal'
    this.status = status
    this.body = body
  }
}

export interface Eab {
  readonly keyId: string
  readonly macKey: string
  readonly aic: string
  readonly expiresAt: string
}

async function read(answer: Response): Promise<Json> {
  const text = await answer.text()
  const body = text === '' ? {} : (JSON.parse(text) as Json)
  if (!answer.ok) throw new AcpsRefusal(answer.status, body)
  return body
}

/** The registration API of a registry, by one person. */
export class AcpsClient {
  readonly #base: string
  #token = ''

  constructor(base: string) {
    this.#base = base
  }

  get token(): string {
    return this.#token
  }

  /** `json`: as the notes have it; else a form, as the reference client sends it. */
  async login(username: string, password: string, as: 'form' | 'json' = 'form'): Promise<Json> {
    const answer = await fetch(`${this.#base}/api/v1/auth/login`, {
      method: 'POST',
      ...(as === 'form'
        ? { body: new URLSearchParams({ username, password }) }
        : {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ username, password }),
          }),
    })
    const body = await read(answer)
    this.#token = String(body['access_token'])
    return body
  }

  /** A request below `/api/v1` or `/acps-atr-v2`. */
  async ask(method: string, path: string, body?: unknown): Promise<Json> {
    const headers = {
      accept: 'application/json',
      ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    return await read(await fetch(this.#base + path, { method, headers, ...sent }))
  }

  async create(acs: Json, isOntology = false): Promise<Json> {
    const { name, version, description } = acs
    return await this.ask('POST', '/api/v1/agent/client', {
      name,
      version,
      description,
      acs,
      is_ontology: isOntology,
    })
  }

  async list(query: Readonly<Record<string, string>> | URLSearchParams = {}): Promise<Json> {
    return await this.ask('GET', `/api/v1/agent/client?${new URLSearchParams(query).toString()}`)
  }

  async submit(id: string): Promise<Json> {
    return await this.ask('POST', `/api/v1/agent/client/${id}/submit`)
  }

  async process(id: string, approve: boolean, comments?: string): Promise<Json> {
    return await this.ask('POST', `/api/v1/agent/staff/${id}/process`, { approve, comments })
  }

  /** Registered, submitted and approved; gives its code. */
  async approved(acs: Json, isOntology = false): Promise<string> {
    const { id } = await this.create(acs, isOntology)
    await this.submit(id)
    return (await this.process(id, true))['aic']
  }

  async eab(aic: string): Promise<Eab> {
    return (await this.ask('POST', `/acps-atr-v2/eab/${aic}`)) as unknown as Eab
  }

  async acs(aic: string): Promise<Json> {
    return await this.ask('GET', `/acps-atr-v2/acs/${aic}`)
  }
}

/** An account of ACME at a certificate authority of ACPs, bound to one agent. */
export class AcpsAccount {
  readonly #base: string
  readonly #key: KeyObject
  readonly #jwk: Json
  #directory: Json = {}
  #url: string | undefined

  constructor(base: string) {
    this.#base = base
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
    this.#key = privateKey
    this.#jwk = { crv, kty, x, y }
  }

  async open({ keyId, macKey }: Eab): Promise<void> {
    this.#directory = await read(await fetch(`${this.#base}/acps-atr-v2/acme/directory`))
    const protectedText = encoded({ alg: 'HS256', kid: keyId, url: this.#directory['newAccount'] })
    const payload = encoded(this.#jwk)
    const signature = createHmac('sha256', Buffer.from(macKey, 'base64url'))
      .update(`${protectedText}.${payload}`)
      .digest('base64url')
    const answer = await this.#post(this.#directory['newAccount'], {
      termsOfServiceAgreed: true,
      externalAccountBinding: { protected: protectedText, payload, signature },
    })
    this.#url = answer.headers.get('location') ?? undefined
  }

  /** Orders a certificate for a new key and fetches it with its chain. */
  async certificate(aic: string, usage: 'clientAuth' | 'serverAuth'): Promise<AgentIdentity> {
    const { newOrder } = this.#directory
    const identifiers = [{ type: 'agent', value: aic, usage }]
    const order = (await (await this.#post(newOrder, { identifiers })).json()) as Json
    if (order['status'] !== 'ready') throw new Error(`the order is ${order['status']}`)
    const { der, privateKey } = await certificateRequest(aic, await createCertificateKeys())
    const csr = Buffer.from(der).toString('base64url')
    const done = (await (await this.#post(order['finalize'], { csr })).json()) as Json
    return { privateKey, chain: await (await this.#post(done['certificate'])).text() }
  }

  async revoke({ chain }: AgentIdentity, reason: number): Promise<void> {
    const [, body = ''] = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(chain) ?? []
    const certificate = Buffer.from(body, 'base64').toString('base64url')
    await this.#post(this.#directory['revokeCert'], { certificate, reason })
  }

  async #post(url: string, payload?: object): Promise<Response> {
    const nonce = (await fetch(this.#directory['newNonce'], { method: 'HEAD' })).headers.get('replay-nonce')
    const who = this.#url === undefined ? { jwk: this.#jwk } : { kid: this.#url }
    const protectedText = encoded({ alg: 'ES256', nonce, url, ...who })
    const payloadText = payload === undefined ? '' : encoded(payload)
    const signature = sign('sha256', Buffer.from(`${protectedText}.${payloadText}`), {
      key: this.#key,
      dsaEncoding: 'ieee-p1363',
    }).toString('base64url')
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/jose+json' },
      body: JSON.stringify({ protected: protectedText, payload: payloadText, signature }),
    })
    if (!answer.ok) throw new AcpsRefusal(answer.status, (await answer.json()) as Json)
    return answer
  }
}

/** Registers an entity over mutual TLS with the certificate of its ontology and the token of a person. */
export async function registerEntity(
  address: string,
  roots: string,
  identity: AgentIdentity,
  token: string,
  body: Json,
): Promise<Json> {
  const client = certifiedClient(roots, identity)
  try {
    const answer = await client.fetch(`${address}/acps-atr-v2/entity`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    return await read(answer)
  } finally {
    client.close()
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
