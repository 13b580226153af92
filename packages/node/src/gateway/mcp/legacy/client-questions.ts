import type { JsonRpcErrorResponse, JsonRpcResult } from '@ambit/core/wire/mcp/message'
import type { BackAnswer } from '../../back.ts'

/** Questions to clients open at once; no more than the gateway has acts under way. */
const questionsMax = 50_000
/** Of one owner: the questions of a few calls at once, each of which may ask 64. More is a flood. */
const questionsPerOwnerMax = 256

interface Open {
  /** Holder and session that were asked: an answer from elsewhere is none. */
  readonly owner: string
  answered(answer: BackAnswer): void
}

/** Requests that this node sent to clients in the name of servers, waiting for the client's message with the answer. */
export class ClientQuestions {
  readonly #open = new Map<string, Open>()
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#open.size
  }

  /** False when there are as many as there may be. */
  add(id: string, owner: string, answered: (answer: BackAnswer) => void): boolean {
    const count = this.#counts.get(owner) ?? 0
    if (this.#open.size >= questionsMax || count >= questionsPerOwnerMax) return false
    this.#open.set(id, { owner, answered })
    this.#counts.set(owner, count + 1)
    return true
  }

  remove(id: string): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    const count = (this.#counts.get(open.owner) ?? 1) - 1
    if (count === 0) this.#counts.delete(open.owner)
    else this.#counts.set(open.owner, count)
  }

  /** Takes a client's answer; one that nobody waits for is dropped. */
  answer(owner: string, message: JsonRpcResult | JsonRpcErrorResponse): void {
    if (typeof message.id !== 'string') return
    const open = this.#open.get(message.id)
    if (open?.owner !== owner) return
    this.remove(message.id)
    if ('result' in message) open.answered({ status: 'completed', value: message.result })
    else {
      const { code } = message.error
      open.answered({
        status: 'failed',
        value: { error: message.error },
        error: { code: String(code), detail: 'the caller answered with an error' },
      })
    }
  }
}
