import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { ActContents } from '../contents/contents.ts'
import { defaultLimits } from '../contents/contents.ts'
import type { SubjectKeys } from '../identity/identity.ts'
import { commitBytes, commitText, saltOf } from './commitment.ts'

/** Bytes of one event that are passed on; a larger one ends the act. */
const eventBytesMax = 16 * 1024 * 1024
const separator = Buffer.from('\n')

/**
 * Looks at everything a target sends before the caller gets it. Commits to what was delivered, and has just that
 * kept: the answer alone when nothing came before it, else every event, each followed by a line feed, and then the
 * answer.
 */
export class Inspector {
  readonly #contents: ActContents
  readonly #keys: SubjectKeys
  readonly #act: string
  #stream: Hash | undefined
  /** Bytes of the stream so far: one that becomes too long is no longer kept. */
  #bytes = 0

  constructor(contents: ActContents, keys: SubjectKeys, act: string) {
    this.#contents = contents
    this.#keys = keys
    this.#act = act
  }

  /** False when the event must not be passed on. */
  event(event: Exclude<ActEvent, Outcome>): boolean {
    // Nothing is delivered.
    if (event.type === 'paused') return true
    const content = contentOf(event)
    if (content.length > eventBytesMax) return false
    this.#stream ??= createHash('sha256')
      .update('ambit/commitment/v1\0')
      .update(saltOf(this.#keys.salt, this.#act, 'result'))
    this.#piece(this.#stream, content)
    this.#piece(this.#stream, separator)
    return true
  }

  /** The commitment to everything delivered, the answer included; undefined when nothing was. */
  outcome(outcome: Pick<Outcome, 'value' | 'wire'>): string | undefined {
    const answer = outcome.wire ?? (outcome.value === undefined ? undefined : JSON.stringify(outcome.value))
    if (this.#stream !== undefined) {
      if (answer !== undefined) this.#piece(this.#stream, answer)
      return `sha256:${this.#stream.digest('hex')}`
    }
    if (answer === undefined) return undefined
    this.#contents.keep(this.#keys, this.#act, 'result', answer)
    const { salt } = this.#keys
    return typeof answer === 'string'
      ? commitText(salt, this.#act, 'result', answer)
      : commitBytes(salt, this.#act, 'result', answer)
  }

  #piece(stream: Hash, content: string | Uint8Array): void {
    stream.update(content)
    const before = this.#bytes
    this.#bytes += Buffer.byteLength(content)
    if (this.#bytes <= defaultLimits.contentBytes) {
      this.#contents.keep(this.#keys, this.#act, 'result', content)
    } else if (before <= defaultLimits.contentBytes) {
      this.#contents.leaveOut(this.#keys, this.#act, 'result')
    }
  }
}

function contentOf(event: Exclude<ActEvent, Outcome | { type: 'paused' }>): Uint8Array | string {
  if (event.type === 'child') return event.act
  return event.wire ?? JSON.stringify(event.value) ?? ''
}
