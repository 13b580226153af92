import { Fault } from '@ambit/core/fault'
import { addSignatures, signatureLine } from '@ambit/core/log/cosignature'
import { openNote } from '@ambit/core/log/note'
import type { NoteVerifier } from '@ambit/core/log/note'
import { formatAddCheckpoint, parseCosignatures, parseTreeSize, treeSizeType } from '@ambit/core/log/witness'
import { Breaker } from '../kernel/breaker.ts'
import type { Clock } from '../kernel/clock.ts'
import { fetchWhole } from '../net/fetch.ts'
import type { FetchedAnswer } from '../net/fetch.ts'
import type { Upstream } from '../net/upstream.ts'
import type { SignedHead } from './guard.ts'

/** A dead witness is left alone for a while, so that not every publication waits for it. */
const breakerLimits = {
  failuresMax: 2,
  windowFailuresMax: 10,
  windowMs: 60_000,
  pauseMs: 2000,
  pauseMsMax: 30_000,
  trialMs: 2000,
} as const
/** Cosignatures of a few keys, of which one with ML-DSA-44 has 3.3 kB. */
const answerBytesMax = 64 * 1024
/** A cosignature says when the witness knew of nothing newer; with a clock further off it says nothing. */
const clockOffS = 300

/** How a witness of a log does. */
export interface WitnessState {
  readonly name: string
  readonly url: string
  /** `new`: not asked yet; `resting`: it failed again and again, and is asked again later. */
  readonly state: 'new' | 'good' | 'failing' | 'resting'
  /** Size of the log that it cosigned last. */
  readonly size: number
  /** Time of its last cosignature, in ms since 1970. */
  readonly at: number | undefined
  /** Of the last failure. */
  readonly reason: string | undefined
}

export interface WitnessClientParts {
  /** Its name in the policy. */
  readonly name: string
  /** Below it stands `add-checkpoint`. */
  readonly url: string
  readonly keys: readonly NoteVerifier[]
  readonly upstream: Upstream
  readonly clock: Clock
  readonly waitMs: number
  /** The signed list of the logs that this one belongs to; empty where there is none. */
  list(): string
}

/** One witness, asked for cosignatures of one log (c2sp.org/tlog-witness). */
export class WitnessClient {
  readonly #parts: WitnessClientParts
  readonly #address: string
  readonly #breaker: Breaker
  /** What it cosigned last; after a start that is asked. */
  #size = 0
  /** Size of the longest checkpoint it was given: one with less may be overtaken on its way. */
  #given = 0
  #at: number | undefined
  /** Of the last failure; undefined once it answered well again. */
  #reason: string | undefined

  constructor(parts: WitnessClientParts) {
    this.#parts = parts
    this.#address = parts.url.replace(/\/+$/, '')
    this.#breaker = new Breaker(parts.clock, breakerLimits)
  }

  /** False while it is given a rest. */
  mayBeAsked(): boolean {
    return this.#breaker.enter(this.#parts.clock.monotonicMs()) === 0
  }

  state(): WitnessState {
    const { state } = this.#breaker.state(this.#parts.clock.monotonicMs())
    const { name, url } = this.#parts
    const now = this.#reason !== undefined ? 'failing' : this.#at === undefined ? 'new' : 'good'
    return {
      name,
      url,
      state: state === 'open' ? 'resting' : now,
      size: this.#size,
      at: this.#at,
      reason: this.#reason,
    }
  }

  /**
   * Its cosignatures of a checkpoint, none where it fails. Throws `ledger.rolled-back` where it has cosigned a longer or
   * another log under this name, and what `consistency` throws.
   */
  async cosign(
    head: SignedHead,
    consistency: (from: number) => Promise<Uint8Array[]>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { clock } = this.#parts
    const startedMs = clock.monotonicMs()
    this.#given = Math.max(this.#given, head.size)
    // Asked once more when it knows another size than was thought, or this log not yet.
    for (let tries = 0; tries < 2; tries++) {
      if (this.#size > head.size) return this.#overtaken(head)
      const oldSize = this.#size
      const proof = oldSize === 0 || oldSize === head.size ? [] : await consistency(oldSize)
      const body = formatAddCheckpoint({ oldSize, proof, checkpoint: head.checkpoint })
      try {
        const answer = await this.#submit('add-checkpoint', body, signal)
        if (answer.status === 404 && tries === 0 && (await this.#introduce(signal))) continue
        if (answer.status === 429) return this.#asksTooOften()
        const known = sizeOf(answer)
        if (known === undefined) return await this.#taken(answer, head, startedMs)
        if (known === oldSize) throw known === head.size ? this.#other(head) : unlike('it knows no size')
        this.#size = known
      } catch (error) {
        if (!Fault.is(error) || error.code === 'ledger.rolled-back') throw error
        return this.#failed(error, startedMs)
      }
    }
    if (this.#size > head.size) return this.#overtaken(head)
    return this.#failed(unlike('others make it cosign this log at the same time'), startedMs)
  }

  /** Tells a witness of the earlier logs of this node of this one; a witness that is none of ours does not know how. */
  async #introduce(signal: AbortSignal): Promise<boolean> {
    const list = this.#parts.list()
    return list !== '' && (await this.#submit('add-shards', list, signal)).status === 204
  }

  async #submit(
    call: 'add-checkpoint' | 'add-shards',
    body: string,
    signal: AbortSignal,
  ): Promise<FetchedAnswer> {
    const { upstream, waitMs } = this.#parts
    const headers = ['content-type', 'text/plain; charset=utf-8', 'accept', 'text/plain']
    const limits = { headTimeoutMs: waitMs, idleTimeoutMs: waitMs }
    const url = new URL(`${this.#address}/${call}`)
    const request = { url, method: 'POST', headers, body, ...limits } as const
    return await fetchWhole(upstream, request, answerBytesMax, signal)
  }

  /** The lines that verify with its keys and were made now. */
  async #taken(answer: FetchedAnswer, head: SignedHead, startedMs: number): Promise<readonly string[]> {
    if (answer.status === 422) throw this.#other(head)
    if (answer.status !== 200) throw unlike(reasonOf(answer.status))
    const parsed = parseCosignatures(answer.body.toString('utf8'))
    if (!parsed.ok) throw unlike(parsed.reason)
    const opened = await openNote(addSignatures(head.checkpoint, parsed.lines), this.#parts.keys)
    if (!opened.ok) throw unlike(opened.reason)
    const { clock } = this.#parts
    const nowS = clock.now() / 1000
    const timely = opened.opened.verified.filter(({ time = 0 }) => Math.abs(time - nowS) <= clockOffS)
    if (timely.length === 0) throw unlike(`its clock is more than ${clockOffS / 60} minutes off ours`)
    this.#size = head.size
    this.#at = Math.max(...timely.map(({ time = 0 }) => time * 1000))
    this.#reason = undefined
    this.#breaker.succeeded(startedMs, clock.monotonicMs())
    return timely.map(({ name, keyId, signature }) => signatureLine(name, keyId, signature))
  }

  /** It is there, so it is given no rest: the next checkpoint is for it again. */
  #asksTooOften(): readonly string[] {
    this.#reason = 'it is asked too often'
    return []
  }

  #failed(fault: Fault, startedMs: number): readonly string[] {
    this.#reason = fault.detail
    this.#breaker.failed(startedMs, this.#parts.clock.monotonicMs(), fault.detail)
    return []
  }

  /** A slow request of ours may come after a later one of ours; beyond what we gave it, it knows another writer. */
  #overtaken(head: SignedHead): readonly string[] {
    if (this.#size > this.#given) throw this.#longer(head, this.#size)
    return []
  }

  #longer({ size }: SignedHead, known: number): Fault {
    const { name } = this.#parts
    this.#reason = `it has cosigned ${known} entries, this log has ${size}`
    return new Fault('ledger.rolled-back', {
      detail: `the witness ${name} has cosigned ${known} entries of this log, which has ${size} here`,
    })
  }

  #other({ size }: SignedHead): Fault {
    const { name } = this.#parts
    this.#reason = 'it has cosigned another history of this log'
    return new Fault('ledger.rolled-back', {
      detail: `the witness ${name} has cosigned another history of this log than the ${size} entries here`,
    })
  }
}

/** The size in an answer 409; undefined for another answer. */
function sizeOf({ status, headers, body }: FetchedAnswer): number | undefined {
  if (status !== 409) return undefined
  const parsed = parseTreeSize(body.toString('utf8'))
  if (headers['content-type'] !== treeSizeType || !parsed.ok) throw unlike('its answer 409 names no size')
  return parsed.size
}

/** Said by the status alone: the words of a witness are third-party text. */
function reasonOf(status: number): string {
  switch (status) {
    case 403:
      return 'it does not take the signature of this log: it has another key of it'
    case 404:
      return 'it is no witness of this log: its operator has to add the key of the log'
    default:
      return `it answered with the HTTP status ${status}`
  }
}

function unlike(detail: string): Fault {
  return new Fault('upstream.invalid', { detail })
}
