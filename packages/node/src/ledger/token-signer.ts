import { verify } from 'node:crypto'
import { Fault } from '@ambit/core/fault'
import { keyIdOf } from '@ambit/core/log/note'
import type { Cosigner, LogSigner, NoteSigner } from '@ambit/core/log/note'
import { promiseKeyMessage } from '@ambit/core/promise'
import { Breaker } from '../kernel/breaker.ts'
import type { Clock } from '../kernel/clock.ts'
import type { KeySigner } from '../kernel/key-signer.ts'
import { identityOf } from './signer.ts'

/** What a log signs with: a key at hand, or one in a token beside which another key signs its promises. */
export type LedgerSigner = (NoteSigner & { readonly promises?: never; readonly token?: never }) | TokenSigner

/** A log's own key in a token, which is asked for checkpoints and for nothing that comes with each act. */
export interface TokenSigner extends LogSigner {
  /** The 64-byte signature. Throws `ledger.signer`, at once while the token rests after a failure. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
  readonly promises: PromiseSigner
  readonly token: { state(): TokenState }
}

/** Signs promises in the place of the log's own key, which said so once. */
export interface PromiseSigner extends PromiseKey {
  sign(bytes: Uint8Array): Uint8Array
}

export interface PromiseKey {
  readonly vkey: string
  /** Of the log's own key, base64 (`promiseKeyMessage`). */
  readonly signature: string
}

export interface TokenState {
  /** What the token is called. */
  readonly token: string
  /** How long the oldest signature that is under way has taken; 0 where none is. */
  readonly waitingMs: number
  /** Why it did not sign last; absent once it signs again. */
  readonly reason?: string
}

export interface TokenSignerParts {
  /** The origin of the log. */
  readonly name: string
  /** Of Ed25519, in the token. */
  readonly key: KeySigner
  /** What the token is called. */
  readonly token: string
  /** Signs promises; it is at hand. */
  readonly promises: NoteSigner
  /** The log's second key, which is at hand as well: no token knows ML-DSA-44. */
  readonly second: Cosigner | undefined
  readonly clock: Clock
}

/** After a failure the token rests, longer each time, so that what asks for checkpoints does not hammer at it. */
const rest = {
  failuresMax: 1,
  windowFailuresMax: Infinity,
  windowMs: 60_000,
  pauseMs: 500,
  pauseMsMax: 15_000,
  trialMs: 20_000,
}

/** Asks the token for its first signature: that another key signs the promises of this log. */
export async function openTokenSigner(parts: TokenSignerParts): Promise<TokenSigner> {
  const { name, key, token, promises, second, clock } = parts
  const { vkey } = identityOf(name, 'ed25519', key.publicKey)
  const asked = new AskedToken(vkey, key, clock)
  const signature = await asked.sign(promiseKeyMessage(promises.vkey))
  return {
    name,
    vkey,
    ...(second === undefined ? {} : { second }),
    sign: async (bytes) => await asked.sign(bytes),
    promises: {
      vkey: promises.vkey,
      signature: signature.toString('base64'),
      sign: (bytes) => promises.sign(bytes),
    },
    token: { state: () => ({ token, ...asked.state() }) },
  }
}

/** A key in a token that is believed in nothing: each signature is checked before anybody sees it. */
class AskedToken {
  readonly #vkey: string
  readonly #key: KeySigner
  readonly #clock: Clock
  readonly #breaker: Breaker
  /** When those began that are under way, oldest first. */
  readonly #under: number[] = []
  #fault: Fault | undefined

  constructor(vkey: string, key: KeySigner, clock: Clock) {
    this.#vkey = vkey
    this.#key = key
    this.#clock = clock
    this.#breaker = new Breaker(clock, rest)
  }

  state(): Pick<TokenState, 'waitingMs' | 'reason'> {
    const since = this.#under[0]
    return {
      waitingMs: since === undefined ? 0 : this.#clock.monotonicMs() - since,
      ...(this.#fault === undefined ? {} : { reason: this.#fault.detail }),
    }
  }

  async sign(bytes: Uint8Array): Promise<Buffer> {
    const startedMs = this.#clock.monotonicMs()
    if (this.#fault !== undefined && (pinRefused(this.#fault) || this.#breaker.enter(startedMs) > 0))
      throw this.#fault
    this.#under.push(startedMs)
    try {
      const signature = await this.#key.sign(bytes)
      if (!verify(null, bytes, this.#key.publicKey, signature)) throw this.#otherKey()
      this.#breaker.succeeded(startedMs, this.#clock.monotonicMs())
      this.#fault = undefined
      return signature
    } catch (error) {
      const fault = faultOf(error)
      this.#breaker.failed(startedMs, this.#clock.monotonicMs(), fault.detail)
      this.#fault = fault
      throw fault
    } finally {
      this.#under.splice(this.#under.indexOf(startedMs), 1)
    }
  }

  #otherKey(): Fault {
    return new Fault('ledger.signer', {
      detail: `what the token signed is not of the key ${keyIdOf(this.#vkey)}, so nothing was published`,
      where: 'AMBIT_LOG_KEY',
    })
  }
}

/** A token that refused its PIN is not asked again before the next start: few tries lock it for good. */
function pinRefused(fault: Fault): boolean {
  return fault.detail.includes('CKR_PIN_')
}

function faultOf(error: unknown): Fault {
  if (Fault.is(error)) return error
  const detail = error instanceof Error ? error.message : 'the token did not sign'
  return new Fault('ledger.signer', { detail, where: 'AMBIT_LOG_KEY', cause: error })
}
