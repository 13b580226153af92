import { Fault } from '@ambit/core/fault'
import type { Keyring } from '../../../kernel/keyring.ts'

/** A server and where its next page begins; null: at the beginning. */
export interface Pending {
  readonly slug: string
  readonly cursor: string | null
}

const purpose = 'mcp-cursor'
/** Cursors of all servers together: clients keep and send them, some in a URL. */
const charactersMax = 64 * 1024

/** Cursors over several servers: what each has still to give, sealed and bound to the holder, so that any replica reads it. */
export class PageCursors {
  readonly #keyring: Keyring

  constructor(keyring: Keyring) {
    this.#keyring = keyring
  }

  /** Undefined when it would be too long to hand out. */
  seal(holder: string, method: string, pending: readonly Pending[]): string | undefined {
    const text = JSON.stringify(pending.map(({ slug, cursor }) => [slug, cursor]))
    return text.length > charactersMax
      ? undefined
      : this.#keyring.seal(purpose, contextOf(holder, method), text).toString('base64url')
  }

  /** Undefined when it was not made here for this holder and method. */
  open(holder: string, method: string, cursor: unknown): readonly Pending[] | undefined {
    if (typeof cursor !== 'string' || cursor.length > 2 * charactersMax || !/^[\w-]+$/.test(cursor))
      return undefined
    try {
      const sealed = Buffer.from(cursor, 'base64url')
      const value: unknown = JSON.parse(
        this.#keyring.open(purpose, contextOf(holder, method), sealed).toString(),
      )
      return Array.isArray(value) ? value.map(pendingOf) : undefined
    } catch (error) {
      // A wrong cursor is the caller's mistake, and an answer.
      if (Fault.is(error)) return undefined
      throw error
    }
  }
}

function contextOf(holder: string, method: string): string {
  return `${holder} ${method}`
}

/** It was sealed here, so it has its form. */
function pendingOf(value: unknown): Pending {
  const [slug, cursor] = value as [string, string | null]
  return { slug, cursor }
}
