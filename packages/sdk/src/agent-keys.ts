import { base64url } from '@ambit/core/bytes'
import type { SignedPossession } from '@ambit/core/id/key-statement'
import type { Signed, Signer } from '@ambit/core/signature'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import { createHolderKey } from './holder-key.ts'

export interface AgentKeyView {
  /** did:key */
  readonly key: string
  readonly state: 'active' | 'retired' | 'compromised'
  readonly since: string
  /** It has a successor and is over then. */
  readonly until?: string
  readonly by: 'record' | 'rotation' | 'recovery' | 'certificate'
  /** Whether it counts now: its record is in force. */
  readonly speaks: boolean
  /** The node keeps it, and can rotate it. */
  readonly kept: boolean
}

export interface AgentIdentity {
  /** AIC. */
  readonly agent: string
  readonly slug: string
  /** On this node: did:web, then a did:wba for each key that can be named so. */
  readonly dids: readonly string[]
  /** Of other domains, proved. */
  readonly aliases: readonly string[]
  /** Newest first. */
  readonly keys: readonly AgentKeyView[]
}

export interface RotatedKey {
  readonly agent: string
  readonly key: string
  readonly next: string
  /** When the old one is over. */
  readonly until: string
}

export type RecoveredKey =
  | { readonly state: 'waiting'; readonly id: string; readonly key: string }
  | {
      readonly state: 'recovered'
      readonly key: string
      readonly retired: readonly string[]
      /** Mandates that ended with the old keys. */
      readonly mandates: number
    }

export interface CompromisedKey {
  readonly agent: string
  readonly key: string
  /** Mandates that ended with it. */
  readonly mandates: number
}

export interface WaitingRecovery {
  readonly id: string
  readonly agent: string
  readonly key: string
  /** Who asked for it. */
  readonly person: string
  readonly at: string
  readonly note?: string
}

interface Challenge {
  readonly organization: string
  readonly challenge: string
  readonly until: string
}

const nonceBytes = 18

/**
 * Keys of registered agents: proved, rotated, recovered, reported.
 *
 * @example
 * ```ts
 * const { signer } = await createHolderKey()
 * const proofs = [await ambit.agentKeys.prove('mailer', signer)]
 * await ambit.records.apply({ ...document, keys: [signer.key], proofs })
 * ```
 */
export function agentKeyCalls({ call }: Connection) {
  async function challenge({ signal }: Options = {}) {
    return await call<Challenge>('GET', '/api/agent-keys/challenge', { signal })
  }
  async function prove(slug: string, signer: Signer, options: Options = {}): Promise<SignedPossession> {
    const { organization, challenge: asked } = await challenge(options)
    return await signed(
      {
        v: 1,
        type: 'agent-key.possession',
        organization,
        slug,
        key: signer.key,
        challenge: asked,
      },
      signer,
    )
  }
  return {
    /** Who an agent is: its DIDs, proved aliases and keys. */
    async of(slug: string, { signal }: Options = {}) {
      return await call<AgentIdentity>('GET', path`/api/records/${slug}/keys`, { signal })
    },
    challenge,
    /** Shows that a key is held by whoever names it in the record of that name: one of the `proofs` of a document. */
    prove,
    /**
     * Replaces a key by one that it signs for; nobody need be signed in. Left out, `next` is made, and its `secret` comes
     * back.
     */
    async rotate(
      agent: string,
      signer: Signer,
      wish: { readonly next?: Signer; readonly overlapS?: number } = {},
      { signal }: Options = {},
    ): Promise<RotatedKey & { readonly secret?: string }> {
      const made = wish.next === undefined ? await createHolderKey() : undefined
      const next = wish.next ?? made!.signer
      const body = {
        ...said(agent, signer.key),
        type: 'agent-key.rotation',
        next: next.key,
        ...(wish.overlapS === undefined ? {} : { overlapS: wish.overlapS }),
      }
      const { signature } = await signed(body, signer)
      const { signature: proof } = await signed(body, next)
      const rotated = await call<RotatedKey>('POST', '/api/agent-keys/rotate', {
        body: { body, signature, proof },
        signal,
      })
      return made === undefined ? rotated : { ...rotated, secret: made.secret }
    },
    /** Replaces a key that the node keeps. */
    async rotateKept(slug: string, wish: { readonly overlapS?: number } = {}, { signal }: Options = {}) {
      return await call<RotatedKey>('POST', path`/api/records/${slug}/keys/rotate`, { body: wish, signal })
    },
    ...recoveryCalls({ call }, prove),
    /** A key of an agent is no longer its own alone: it counts no more, at once and for ever. */
    async report(slug: string, key: string, { signal }: Options = {}) {
      return await call<CompromisedKey>('POST', path`/api/records/${slug}/keys/report`, {
        body: { key },
        signal,
      })
    },
    /** The same by the key itself; nobody need be signed in. */
    async reportBy(agent: string, signer: Signer, { signal }: Options = {}) {
      const statement = await signed({ ...said(agent, signer.key), type: 'agent-key.compromise' }, signer)
      return await call<CompromisedKey>('POST', '/api/agent-keys/report', { body: statement, signal })
    },
  }
}

/** Read when it is needed: the forms of signatures bring their checks along, and most who call sign nothing. */
async function signed<T>(body: T, signer: Signer): Promise<Signed<T>> {
  const { sign } = await import('@ambit/core/signature')
  return await sign(body, signer)
}

type Prove = (slug: string, signer: Signer) => Promise<SignedPossession>

function recoveryCalls({ call }: Pick<Connection, 'call'>, prove: Prove) {
  return {
    /** A new key where the old one is lost; left out, the node makes and keeps it. Needs a session. */
    async recover(
      slug: string,
      wish: { readonly signer?: Signer; readonly note?: string } = {},
      { signal }: Options = {},
    ) {
      const { signer, note } = wish
      const body = {
        ...(signer === undefined ? {} : { key: signer.key, proof: await prove(slug, signer) }),
        ...(note === undefined ? {} : { note }),
      }
      return await call<RecoveredKey>('POST', path`/api/records/${slug}/keys/recover`, { body, signal })
    },
    /** The second person, where the organization asks for two. Needs a session. */
    async confirm(id: string, { signal }: Options = {}) {
      return await call<RecoveredKey>('POST', path`/api/agent-keys/recoveries/${id}/confirm`, {
        body: {},
        signal,
      })
    },
    async recoveries({ signal }: Options = {}) {
      return await call<{ people: number; waiting: readonly WaitingRecovery[] }>(
        'GET',
        '/api/agent-keys/recoveries',
        { signal },
      )
    },
    /** How many people a recovery takes. Needs the session of an owner. */
    async setPeople(people: 1 | 2, { signal }: Options = {}) {
      return await call<{ people: 1 | 2 }>('PUT', '/api/agent-keys/recovery-rule', {
        body: { people },
        signal,
      })
    },
  }
}

function said(agent: string, key: string) {
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(nonceBytes)))
  return { v: 1 as const, agent, key, at: new Date().toISOString(), nonce }
}
