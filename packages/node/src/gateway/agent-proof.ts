import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { keyBytes } from '@ambit/core/id/did-key'
import { contentDigestField, readContentDigest } from '@ambit/core/wire/http-signature/content-digest'
import { HttpSignatureProblem, fieldsOf } from '@ambit/core/wire/http-signature/message'
import type { HttpRequest } from '@ambit/core/wire/http-signature/message'
import {
  chooseSignature,
  readKeyId,
  requestPolicyProblem,
  signatureAgeMaxS,
  signatureAheadMaxS,
} from '@ambit/core/wire/http-signature/policy'
import {
  algorithmFits,
  readSignatures,
  signatureBase,
  signatureInputField,
} from '@ambit/core/wire/http-signature/signature'
import type { ReadSignature } from '@ambit/core/wire/http-signature/signature'
import type { AgentAccess, FailedAuthentication } from '../authority/authority.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import { createReplayMemory } from '../kernel/replay-memory.ts'
import { mandateNamed } from './authentication.ts'
import type { Sender, SenderOf } from './authentication.ts'
import { expectContent } from './body.ts'

/** How agents prove who they are, and what came of it for each request. */
export interface AgentProofs {
  /** A request that came over the connection of that sender. */
  over(request: IncomingMessage, sender: Sender): Promise<void> | undefined
  /**
   * Reads the signature of a request, where it has one that is meant for a node like this (RFC 9421). Like `over`, it
   * gives a promise where a mandate has to be fetched first, and never throws or rejects.
   */
  signed(request: IncomingMessage): Promise<void> | undefined
  readonly senderOf: SenderOf
}

export interface AgentProofParts {
  readonly access: Pick<AgentAccess, 'ready'>
  /** The agent whose active key it is. */
  readonly agentOf: (key: string) => { readonly aic: string; readonly organization: string } | undefined
  /** Public address of the node; known once it listens. */
  readonly origin: () => string
  readonly clock: Clock
}

const keysMax = 10_000
/** Signatures remembered until they are too old, some 150 bytes each, and of these those of one key. */
const remembersMax = 400_000
const perKeyMax = 100_000

export function createAgentProofs({ access, agentOf, origin, clock }: AgentProofParts): AgentProofs {
  const senders = new WeakMap<IncomingMessage, Sender | FailedAuthentication>()
  const keys = new BoundedMap<string, KeyObject>(keysMax)
  const remember = createReplayMemory(clock, {
    // The clock of whoever signs may be ahead.
    keepMs: (signatureAgeMaxS + signatureAheadMaxS) * 1000,
    entriesMax: remembersMax,
    perSenderMax: perKeyMax,
  })

  function ready(request: IncomingMessage, sender: Sender): Promise<void> | undefined {
    senders.set(request, sender)
    if (request.headers.authorization !== undefined) return undefined
    return access.ready(sender, mandateNamed(request))
  }

  function keyOf(did: string): KeyObject {
    const known = keys.get(did) ?? keyObject(did)
    keys.set(did, known)
    return known
  }

  /** What is wrong with it, or who signed. */
  function senderBy(
    request: IncomingMessage,
    field: HttpRequest['field'],
    read: ReadSignature,
  ): Sender | string {
    const hasBody = bodyIn(request)
    const has = (name: string) => field(name).length > 0
    const lacks = requestPolicyProblem(read, { nowS: clock.now() / 1000, hasBody, has })
    if (lacks !== undefined) return lacks
    const named = readKeyId(read.parameters.keyid)!
    const agent = agentOf(named.key)
    if (agent === undefined) return 'its key is no active key of an agent that is registered here'
    if (named.aic !== undefined && named.aic !== agent.aic) return 'its key is another agent’s'
    const covers = read.components.some(([name]) => name === contentDigestField)
    const digests = covers ? readContentDigest(field(contentDigestField)) : undefined
    if (covers && digests === undefined) return 'Content-Digest holds neither sha-256 nor sha-512'
    const alg = keyBytes(named.key)!.alg
    if (!algorithmFits(read.parameters.alg, alg)) return 'its `alg` is not that of the key'
    const holds = targetsOf(request, origin()).some((url) => {
      const base = Buffer.from(signatureBase({ method: request.method ?? '', url, field }, read.input))
      return alg === 'ed25519'
        ? verify(null, base, keyOf(named.key), read.value)
        : verify('sha256', base, { key: keyOf(named.key), dsaEncoding: 'ieee-p1363' }, read.value)
    })
    if (!holds) return 'it does not hold for this request, its address included'
    const memory = remember(named.key, read.parameters.nonce!)
    if (memory === 'full')
      return 'the node has no room to remember it; try again in some minutes, or use mutual TLS'
    if (memory === 'known') return 'it was used before'
    if (digests !== undefined) expectContent(request, digests)
    return { ...agent, key: named.key }
  }

  return {
    senderOf: (request) => senders.get(request),
    over: (request, sender) => ready(request, sender),
    signed(request) {
      if (request.headers[signatureInputField] === undefined) return undefined
      const field = fieldsOf(pairs(request.rawHeaders))
      try {
        const read = chooseSignature(readSignatures({ field }))
        // Signed for somebody else: here it is an ordinary request.
        if (read === undefined) return undefined
        const sender = senderBy(request, field, read)
        if (typeof sender !== 'string') return ready(request, sender)
        senders.set(request, unsigned(sender))
      } catch (error) {
        // What node:crypto throws is of a key or signature that is none: both come from outside.
        const what = error instanceof HttpSignatureProblem ? error.message : 'it cannot be checked'
        senders.set(request, unsigned(what))
      }
      return undefined
    },
  }
}

function unsigned(what: string): FailedAuthentication {
  return { ok: false, code: 'auth.signature', detail: `the signature does not count: ${what}` }
}

function bodyIn({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers
  return encoding !== undefined || (length !== undefined && length !== '0')
}

/** As the sender may have seen the address: by the name it asked for, or by the public one where a proxy changed it. */
function targetsOf({ url = '/', headers: { host } }: IncomingMessage, origin: string): readonly string[] {
  const own = new URL(origin)
  return [...new Set([`${own.protocol}//${host ?? own.host}${url}`, `${own.origin}${url}`])]
}

function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at]!, raw[at + 1]!]
}

/** DER of SubjectPublicKeyInfo before the bytes of the key (RFC 8410 section 4; RFC 5480 section 2, compressed point). */
const spkiPrefixes = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  p256: Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
} as const

function keyObject(did: string): KeyObject {
  const { alg, bytes } = keyBytes(did)!
  return createPublicKey({ key: Buffer.concat([spkiPrefixes[alg], bytes]), format: 'der', type: 'spki' })
}
