import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { ActEvent, Outcome } from '@ambit/core/act'
import { commitBytes, commitText, saltOf } from './commitment.ts'

/** Bytes of one event that are passed on; a larger one ends the act. */
const eventBytesMax = 16 * 1024 * 1024

/**
 * Looks at everything a target sends before the caller gets it. Commits to what was delivered: to the answer alone
 * when nothing came before it, else to every event, each followed by a line feed, and then the answer.
 */
export class Inspector {
  readonly #subjectKey: Buffer
  readonly #act: string
  #stream: Hash | undefined

  constructor(subjectKey: Buffer, act: string) {
    this.#subjectKey = subjectKey
    this.#act = act
  }

  /** False when the event must not be passed on. */
  event(event: Exclude<ActEvent, Outcome>): boolean {
    // Nothing is delivered.
    if (event.type === 'paused') return true
    const content = contentOf(event)
    if (content.length > eventBytesMax) return false
    this.#open().update(content).update('\n')
    return true
  }

  /** The commitment to everything delivered, the answer included; undefined when nothing was. */
  outcome(outcome: Pick<Outcome, 'value' | 'wire'>): string | undefined {
    const { value, wire } = outcome
    if (this.#stream === undefined) {
      if (wire !== undefined) return commitBytes(this.#subjectKey, this.#act, 'result', wire)
      return value === undefined
        ? undefined
        : commitText(this.#subjectKey, this.#act, 'result', JSON.stringify(value))
    }
    if (wire !== undefined) this.#stream.update(wire)
    else if (value !== undefined) this.#stream.update(JSON.stringify(value))
    return `sha256:${this.#stream.digest('hex')}`
  }

  #open(): Hash {
    this.#stream ??= createHash('sha256')
      .update('ambit/commitment/v1\0')
      .update(saltOf(this.#subjectKey, this.#act, 'result'))
    return this.#stream
  }
}

function contentOf(event: Exclude<ActEvent, Outcome | { type: 'paused' }>): Uint8Array | string {
  if (event.type === 'child') return event.act
  return event.wire ?? JSON.stringify(event.value) ?? ''
}
