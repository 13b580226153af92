import { Fault } from '@ambit/core/fault'
import { addSignatures } from '@ambit/core/log/cosignature'
import { parseVkey } from '@ambit/core/log/note'
import type { NoteVerifier } from '@ambit/core/log/note'
import { checkPolicy, noQuorum } from '@ambit/core/log/policy'
import type { LogPolicy, PolicyWitness } from '@ambit/core/log/policy'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Upstream } from '../net/upstream.ts'
import type { SignedHead } from './guard.ts'
import type { Cosignatures, Cosigner } from './ledger.ts'
import { WitnessClient } from './witness-client.ts'

export interface CosignerOptions {
  /** Of the log whose checkpoints are cosigned: its Ed25519 key. */
  readonly vkey: string
  /** Witnesses and quorum; logs in it are not looked at. */
  readonly policy: LogPolicy
  /** Publish nothing without the quorum; else what is published without it is marked. */
  readonly required: boolean
  /** How long witnesses may take together. */
  readonly waitMs: number
  /** The signed list of the logs that this one belongs to; empty where there is none. */
  list(): string
  readonly upstream: Upstream
  readonly clock: Clock
  readonly log: Log
}

/**
 * Asks all witnesses of a policy at once and takes what comes until the quorum is there or the time is up. Throws a
 * TypeError for a key that is none.
 */
export async function createCosigner(options: CosignerOptions): Promise<Cosigner> {
  const key = await parseVkey(options.vkey)
  if (!key.ok) throw new TypeError(key.reason)
  return new PolicyCosigner(options, key.verifier)
}

class PolicyCosigner implements Cosigner {
  readonly required: boolean
  readonly waitMs: number
  readonly #policy: LogPolicy
  readonly #clock: Clock
  readonly #log: Log
  readonly #witnesses: readonly WitnessClient[]
  /** What a witness said after the quorum was there, for the next round to say. */
  #refusal: unknown
  #quorum: boolean | undefined

  constructor(options: CosignerOptions, key: NoteVerifier) {
    const { policy, required, waitMs, upstream, clock, log } = options
    this.required = required
    this.waitMs = waitMs
    this.#policy = { ...policy, logs: [{ key }] }
    this.#clock = clock
    this.#log = log
    this.#witnesses = byAddress(policy.witnesses).map(
      (each) => new WitnessClient({ ...each, upstream, clock, waitMs, list: () => options.list() }),
    )
  }

  state() {
    return this.#witnesses.map((witness) => witness.state())
  }

  async cosign(
    head: SignedHead,
    consistency: (from: number) => Promise<Uint8Array[]>,
  ): Promise<Cosignatures> {
    const refusal = this.#refusal
    this.#refusal = undefined
    if (refusal !== undefined) throw refusal
    const lines = await this.#ask(head, consistency)
    const verdict = await checkPolicy(addSignatures(head.checkpoint, lines), this.#policy)
    this.#say(verdict)
    if (!verdict.ok && this.required) throw new Fault('ledger.unwitnessed', { detail: verdict.reason })
    return { lines, quorum: verdict.ok }
  }

  /** Once for each change, not for each checkpoint. */
  #say(verdict: { readonly ok: true } | { readonly ok: false; readonly reason: string }): void {
    if (verdict.ok === this.#quorum) return
    const first = this.#quorum === undefined
    this.#quorum = verdict.ok
    const origin = this.#policy.logs[0]?.key.name
    if (!verdict.ok) this.#log.warn('ledger.not-witnessed', { origin, reason: verdict.reason })
    else if (!first) this.#log.info('ledger.witnessed-again', { origin })
  }

  /** The lines of the witnesses that were fast enough. The others are listened to for the rest of the time. */
  async #ask(
    head: SignedHead,
    consistency: (from: number) => Promise<Uint8Array[]>,
  ): Promise<readonly string[]> {
    const lines: string[] = []
    const late = new AbortController()
    const cancel = this.#clock.after(this.waitMs, () => late.abort())
    const { promise: enough, resolve, reject } = Promise.withResolvers<void>()
    const asked = this.#witnesses.map(async (witness) => {
      if (!witness.mayBeAsked()) return
      lines.push(...(await witness.cosign(head, consistency, late.signal)))
      if (await this.#hasQuorum(head, lines)) resolve()
    })
    const ended = asked.map(async (each) => {
      try {
        await each
      } catch (error) {
        this.#refusal = error
        reject(error)
      }
    })
    void Promise.all(ended).finally(() => {
      cancel()
      resolve()
    })
    try {
      await enough
    } catch (error) {
      this.#refusal = undefined
      throw error
    }
    return [...lines]
  }

  /** A policy without a quorum takes whatever comes in time. */
  async #hasQuorum(head: SignedHead, lines: readonly string[]): Promise<boolean> {
    if (this.#policy.quorum === noQuorum || lines.length === 0) return false
    return (await checkPolicy(addSignatures(head.checkpoint, lines), this.#policy)).ok
  }
}

/** A witness with keys of two kinds stands on two lines with one address, and is asked once. */
function byAddress(
  witnesses: readonly PolicyWitness[],
): { readonly name: string; readonly url: string; readonly keys: readonly NoteVerifier[] }[] {
  const found = new Map<string, { name: string; url: string; keys: NoteVerifier[] }>()
  for (const { name, url, key } of witnesses) {
    // One without an address is asked by somebody else, or counts for readers only.
    if (url === undefined) continue
    const known = found.get(url)
    if (known === undefined) found.set(url, { name, url, keys: [key] })
    else known.keys.push(key)
  }
  return [...found.values()]
}
