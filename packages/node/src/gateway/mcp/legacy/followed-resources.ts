import { methods } from '@ambit/core/wire/mcp/methods'
import type { CallEnd } from './pending-call.ts'

interface Followed {
  users: number
  /** What was asked of the server last; the next thing is asked when that is answered, because order matters. */
  last: Promise<CallEnd>
}

type Settle = (method: string, params: { readonly uri: string }) => Promise<CallEnd>

/**
 * The resources that one session follows. The server is told of each once, however many listen: an act of listening is
 * replaced by the next one before it ends, and what it lets go of must go on for the other.
 */
export class FollowedResources {
  readonly #settle: Settle
  readonly #all = new Map<string, Followed>()

  /** `settle` makes one request in the session; it never rejects. */
  constructor(settle: Settle) {
    this.#settle = settle
  }

  get size(): number {
    return this.#all.size
  }

  /** How the server took it. Whoever got a result lets go of it with `leave`. */
  async follow(uri: string): Promise<CallEnd> {
    const known = this.#all.get(uri)
    const followed = known ?? { users: 0, last: this.#subscribe(uri) }
    if (known === undefined) this.#all.set(uri, followed)
    else if (known.users === 0) known.last = known.last.then(async () => await this.#subscribe(uri))
    followed.users += 1
    const { last } = followed
    const end = await last
    if (end.type === 'result') return end
    followed.users -= 1
    this.#forget(uri, followed, last)
    return end
  }

  leave(uri: string): void {
    const followed = this.#all.get(uri)
    if (followed === undefined || followed.users === 0) return
    followed.users -= 1
    if (followed.users > 0) return
    const last = followed.last.then(async () => await this.#settle(methods.resourcesUnsubscribe, { uri }))
    followed.last = last
    void last.then(() => this.#forget(uri, followed, last))
  }

  async #subscribe(uri: string): Promise<CallEnd> {
    return await this.#settle(methods.resourcesSubscribe, { uri })
  }

  #forget(uri: string, followed: Followed, last: Promise<CallEnd>): void {
    if (followed.users === 0 && followed.last === last) this.#all.delete(uri)
  }
}
