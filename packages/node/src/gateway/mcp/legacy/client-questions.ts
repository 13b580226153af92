import type { JsonRpcErrorResponse, JsonRpcResult } from '@ambit/core/wire/mcp/message'
import type { BackAnswer } from '../../back.ts'

/** Questions to clients open at once; no more than the gateway has acts under way. */
const questionsMax = 50_000

interface Open {
  /** Holder and session that were asked: an answer from elsewhere is none. */
  readonly owner: string
  answered(answer: BackAnswer): void
}

/** Requests that this node sent to clients in the name of servers, waiting for the client's message with the answer. */
export class ClientQuestions {
  readonly #open = new Map<string, Open>()

  /** False when there are as many as there may be. */
  add(id: string, owner: string, answered: (answer: BackAnswer) => void): boolean {
    if (this.#open.size >= questionsMax) return false
    this.#open.set(id, { owner, answered })
    return true
  }

  remove(id: string): void {
    this.#open.delete(id)
  }

  /** Takes a client's answer; one that nobody waits for is dropped. */
  answer(owner: string, message: JsonRpcResult | JsonRpcErrorResponse): void {
    const open = typeof message.id === 'string' ? this.#open.get(message.id) : undefined
    if (open === undefined || open.owner !== owner) return
    this.#open.delete(message.id as string)
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
