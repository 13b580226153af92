import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { BackAnswer, BackQuestion } from '../../back.ts'

type Answered = (answer: BackAnswer) => void

/** What a server asked in the course of one act and nobody answered yet, in the form of 2026-07-28. */
export class HeldQuestions {
  readonly #open = new Map<string, { readonly question: BackQuestion; readonly answered: Answered }>()
  #asked = 0

  get size(): number {
    return this.#open.size
  }

  /** Gives what takes it back. */
  add(question: BackQuestion, answered: Answered): () => void {
    // Keys are never used twice within an act, so that a late answer is not taken for another question's.
    const key = `q${++this.#asked}`
    this.#open.set(key, { question, answered })
    return () => void this.#open.delete(key)
  }

  /** `inputRequests` of a result (basic/patterns/mrtr). */
  requests(): JsonObject {
    return Object.fromEntries(
      [...this.#open].map(([key, { question }]) => [
        key,
        { method: question.capability.id, params: question.arguments },
      ]),
    )
  }

  /** Gives out what the client answered; what it left out, and what is no result, stays open. */
  answer(responses: unknown): void {
    if (!isObject(responses)) return
    for (const [key, { answered }] of this.#open) {
      const response = Object.hasOwn(responses, key) ? responses[key] : undefined
      if (!isObject(response)) continue
      this.#open.delete(key)
      answered({ status: 'completed', value: response })
    }
  }

  /** None of them can be put to the caller. */
  declineAll(error: { readonly code: string; readonly detail: string }): void {
    for (const [key, { answered }] of this.#open) {
      this.#open.delete(key)
      answered({ status: 'failed', error })
    }
  }
}
