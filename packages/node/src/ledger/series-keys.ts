import { Fault } from '@ambit/core/fault'
import { keyIdOf } from '@ambit/core/log/note'
import type { NoteSigner } from '@ambit/core/log/note'
import { promiseKeyName } from '@ambit/core/promise'
import type { Clock } from '../kernel/clock.ts'
import type { TokenKeys } from '../kernel/key-signer.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { deriveSeeds, destroySeeds, makeSeeds, readSeeds } from './series-key-file.ts'
import type { Seeds } from './series-key-file.ts'
import { identityOf, logSigner, mlDsaCosigner, noteSigner, seedKey } from './signer.ts'
import { openTokenSigner } from './token-signer.ts'
import type { LedgerSigner } from './token-signer.ts'

/** The keys of one log: its own, and gone once the log has ended. */
export interface ShardKey {
  readonly signer: LedgerSigner
  /** Nothing is signed any more, and the key is deleted where it lies. Does no harm a second time. */
  destroy(): Promise<void>
}

export interface ShardKeyParts {
  /** Folder of the log. */
  readonly directory: string
  readonly origin: string
  readonly keyring: Pick<Keyring, 'seal' | 'open' | 'derive'>
  /** Where logs that begin have their own keys made; in their folder where none is given. */
  readonly token: TokenKeys | undefined
  /** Whether several processes write to it: then what lies with it is derived and never destroyed. */
  readonly shared: boolean
  readonly clock: Clock
}

/** Makes the keys of a log that begins, or takes those that an attempt before made; durable when it returns. */
export async function makeShardKey(parts: ShardKeyParts): Promise<ShardKey> {
  const { origin, keyring, token, shared, clock } = parts
  const seeds = shared ? deriveSeeds(origin, keyring) : await makeSeeds(parts, clock)
  if (token === undefined) return localKey(parts, seeds)
  return await tokenKey(parts, token, seeds, undefined)
}

/**
 * The keys of a log whose own is known by its vkey; undefined where they are not there (any more). A log that began
 * with a key in its folder keeps that one, whatever the setting says now. Throws `internal` under another master key,
 * `ledger.signer` where the token does not answer, and `ledger.rolled-back` where it has another key.
 */
export async function openShardKey(parts: ShardKeyParts, vkey: string): Promise<ShardKey | undefined> {
  const { origin, keyring, token, shared } = parts
  const seeds = shared ? deriveSeeds(origin, keyring) : await readSeeds(parts)
  if (seeds === undefined) return undefined
  if (token === undefined || isAtHand(origin, seeds, vkey)) {
    const key = localKey(parts, seeds)
    return key.signer.vkey === vkey ? key : undefined
  }
  return await tokenKey(parts, token, seeds, vkey)
}

/** Deletes the keys of a log that has ended, wherever they lie. */
export async function destroyShardKey(parts: ShardKeyParts, vkey: string): Promise<void> {
  const { directory, origin, token, shared } = parts
  if (token !== undefined && !shared) {
    const seeds = await readSeeds(parts)
    if (seeds !== undefined && !isAtHand(origin, seeds, vkey))
      await token.remove(tokenName(origin, promiseSigner(origin, seeds)))
  }
  await destroySeeds(directory)
}

/** Stands for the key of a log that has ended: it has the name and can sign nothing. */
export function frozenSigner(origin: string, vkey: string): NoteSigner {
  return {
    name: origin,
    vkey,
    sign: () => {
      throw destroyed(origin)
    },
  }
}

function localKey({ directory, origin, shared }: ShardKeyParts, seeds: Seeds): ShardKey {
  const signer = logSigner(origin, seeds)
  seeds.ed25519.fill(0)
  seeds.mlDsa44.fill(0)
  return ending(signer, async () => {
    if (!shared) await destroySeeds(directory)
  })
}

/** With `vkey` it is looked for and must be that one, without it is made. */
async function tokenKey(
  { directory, origin, shared, clock }: ShardKeyParts,
  token: TokenKeys,
  seeds: Seeds,
  vkey: string | undefined,
): Promise<ShardKey> {
  const promises = promiseSigner(origin, seeds)
  const second = mlDsaCosigner(origin, seeds.mlDsa44)
  seeds.ed25519.fill(0)
  seeds.mlDsa44.fill(0)
  const name = tokenName(origin, promises)
  const key = vkey === undefined ? await token.key(name, 'ed25519') : await token.find(name, 'ed25519')
  if (key === undefined) throw wrongToken(`the token ${token.token} has no key called ${name}`, origin, vkey!)
  const { vkey: found, keyId } = identityOf(origin, 'ed25519', key.publicKey)
  if (vkey !== undefined && found !== vkey)
    throw wrongToken(`the key ${name} of the token ${token.token} has the id ${keyId}`, origin, vkey)
  const signer = await openTokenSigner({ name: origin, key, token: token.token, promises, second, clock })
  return ending(signer, async () => {
    if (shared) return
    // The seeds say what the key in the token is called, so they go last.
    await token.remove(name)
    await destroySeeds(directory)
  })
}

/** A signer that signs until its keys are destroyed. */
function ending(signer: LedgerSigner, destroy: () => Promise<void>): ShardKey {
  const { name, second } = signer
  let ended = false
  const living = <Value>(sign: () => Value): Value => {
    if (ended) throw destroyed(name)
    return sign()
  }
  const cosigner =
    second === undefined
      ? {}
      : {
          second: {
            ...second,
            sign: async (bytes: Uint8Array<ArrayBuffer>) => await living(() => second.sign(bytes)),
          },
        }
  return {
    signer:
      signer.promises === undefined
        ? { name, vkey: signer.vkey, ...cosigner, sign: (bytes) => living(() => signer.sign(bytes)) }
        : {
            ...signer,
            ...cosigner,
            sign: async (bytes) => await living(async () => await signer.sign(bytes)),
          },
    async destroy() {
      ended = true
      await destroy()
    },
  }
}

/** Whether the log's own key is the one of these seeds, and lies in no token. */
function isAtHand(origin: string, { ed25519 }: Seeds, vkey: string): boolean {
  return noteSigner(origin, seedKey('ed25519', ed25519)).vkey === vkey
}

/** Where the log's own key lies in a token, the one that lies with the log signs its promises. */
function promiseSigner(origin: string, { ed25519 }: Seeds): NoteSigner {
  return noteSigner(promiseKeyName(origin), seedKey('ed25519', ed25519))
}

/**
 * `activity-2026h2-<8 digits>`: what is random in it lies in the folder of the log, so that a node that begins anew with
 * the names of an older one never signs with the keys of that one.
 */
function tokenName(origin: string, promises: NoteSigner): string {
  return [...origin.split('/').slice(-2), keyIdOf(promises.vkey)].join('-')
}

function wrongToken(found: string, origin: string, vkey: string): Fault {
  return new Fault('ledger.rolled-back', {
    detail: `${found}; ${origin} was begun with the key ${keyIdOf(vkey)}`,
    where: 'AMBIT_LOG_KEY',
    remedy: 'Start the node with the token that the log was begun with, or with a restored copy of it.',
  })
}

function destroyed(origin: string): Fault {
  return new Fault('ledger.frozen', { detail: `the key of ${origin} is destroyed`, where: origin })
}
