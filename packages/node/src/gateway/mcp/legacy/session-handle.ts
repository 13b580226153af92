import { Fault } from '@ambit/core/fault'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { isLegacyVersion } from '@ambit/core/wire/mcp/methods'
import type { LegacyVersion } from '@ambit/core/wire/mcp/methods'
import { BoundedMap } from '../../../kernel/bounded-map.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { Ids } from '../../../kernel/ids.ts'
import type { Keyring } from '../../../kernel/keyring.ts'

/** What a client's session is here: nothing but what it said and negotiated at its beginning. It gives no right; the token does. */
export interface ClientSession {
  readonly id: string
  readonly version: LegacyVersion
  /** What the client declared that it can do, as far as this node passes it on. */
  readonly capabilities: JsonObject
  readonly expiresAt: number
}

/** Clients that were away for longer begin a new session, as they would after a restart. */
const sessionMs = 30 * 24 * 3_600_000
/** Handles opened lately, so that not every message is decrypted. */
const seenMax = 10_000
/** Handles that their clients ended, remembered on this replica. */
const endedMax = 10_000
const handleCharactersMax = 8192
const purpose = 'mcp-session'

export interface SessionHandlesOptions {
  readonly keyring: Keyring
  readonly clock: Clock
  readonly ids: Ids
}

/**
 * Makes and reads `Mcp-Session-Id`: the session itself, sealed and bound to the holder's key, so that every replica can
 * read it and none has to keep it.
 */
export class SessionHandles {
  readonly #options: SessionHandlesOptions
  readonly #seen = new BoundedMap<string, { readonly holder: string; readonly session: ClientSession }>(
    seenMax,
  )
  readonly #ended = new BoundedMap<string, true>(endedMax)

  constructor(options: SessionHandlesOptions) {
    this.#options = options
  }

  /** Sessions of which anything is kept: a cache, and the memory of the ended. */
  get kept(): number {
    return this.#seen.size + this.#ended.size
  }

  create(holder: string, version: LegacyVersion, capabilities: JsonObject = {}): string {
    const session: ClientSession = {
      id: this.#options.ids.next(),
      version,
      capabilities,
      expiresAt: this.#options.clock.now() + sessionMs,
    }
    const handle = this.#options.keyring.seal(purpose, holder, JSON.stringify(session)).toString('base64url')
    this.#seen.set(handle, { holder, session })
    return handle
  }

  /** Undefined when the handle was not made here for this holder, has expired or was ended. */
  open(holder: string, handle: string): ClientSession | undefined {
    const seen = this.#seen.get(handle)
    const session = seen?.holder === holder ? seen.session : this.#unseal(holder, handle)
    if (session === undefined || session.expiresAt <= this.#options.clock.now()) return undefined
    if (this.#ended.get(session.id) === true) return undefined
    if (seen === undefined) this.#seen.set(handle, { holder, session })
    return session
  }

  end(session: ClientSession): void {
    this.#ended.set(session.id, true)
  }

  #unseal(holder: string, handle: string): ClientSession | undefined {
    if (handle.length > handleCharactersMax || !/^[\w-]+$/.test(handle)) return undefined
    const sealed = Buffer.from(handle, 'base64url')
    // One spelling for each handle: the last character may hold bits that decoding drops.
    if (sealed.toString('base64url') !== handle) return undefined
    try {
      const opened = this.#options.keyring.open(purpose, holder, sealed)
      return sessionOf(JSON.parse(opened.toString()))
    } catch (error) {
      if (Fault.is(error)) return undefined
      throw error
    }
  }
}

function sessionOf(value: unknown): ClientSession | undefined {
  if (!isObject(value)) return undefined
  const { id, version, capabilities, expiresAt } = value as Partial<ClientSession>
  return typeof id === 'string' && isLegacyVersion(version) && typeof expiresAt === 'number'
    ? { id, version, capabilities: isObject(capabilities) ? capabilities : {}, expiresAt }
    : undefined
}
