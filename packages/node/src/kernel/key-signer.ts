import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { derMembers, readDer, wholeBits } from '@ambit/core/der'
import { Fault } from '@ambit/core/fault'
import type { Clock } from './clock.ts'
import { makeFile } from './durable-file.ts'
import type { Keyring } from './keyring.ts'
import { claimedKeys } from './key-signer-claim.ts'
import { tokenKeys } from './key-signer-token.ts'
import type { TokenPlace } from './key-signer-token.ts'

/** A private key that signs and is never seen: sealed on disk or in the store, or inside a token. */
export interface KeySigner {
  /** P-256 signs SHA-256 of the bytes, as a DER pair (RFC 3279, section 2.2.3); Ed25519 the bytes, in 64 bytes. */
  readonly algorithm: 'p256' | 'ed25519'
  readonly publicKey: KeyObject
  /** Throws `ca.signer` (`ledger.signer` for the keys of logs) where a token does not answer. */
  sign(bytes: Uint8Array): Promise<Buffer>
}

/** Where keys of one purpose lie, each under its own name. */
export interface SigningKeys {
  /** The key of that name, made on first use. Several processes that ask at once get one key. */
  key(name: string, algorithm?: KeySigner['algorithm']): Promise<KeySigner>
}

/** Keys in a token, where one that is not there is never made by looking for it, and one that has ended is deleted. */
export interface TokenKeys extends SigningKeys {
  /** What faults call the token. */
  readonly token: string
  /** Undefined where the token answered and has no such key. */
  find(name: string, algorithm?: KeySigner['algorithm']): Promise<KeySigner | undefined>
  /** Deletes both halves of the key; does no harm where there is none. */
  remove(name: string): Promise<void>
}

/** What a setting says of where such keys lie. */
export type KeyPlace =
  | { readonly kind: 'store' }
  | { readonly kind: 'file'; readonly path: string }
  | ({ readonly kind: 'token' } & TokenPlace)

/** Sealed values by name. */
export interface SealedCells {
  read(name: string): Promise<Buffer | undefined>
  /** Keeps it unless there is one already; gives what is kept. */
  keep(name: string, sealed: Buffer): Promise<Buffer>
}

const purpose = 'ca.key'

/**
 * Reads the text of a setting: `store`, `file:<path>` or a PKCS #11 URI (RFC 7512) with `token`, `module-path`,
 * `pin-source` (a file) and, where the keys are not called `ambit`, `object`. Undefined for anything else.
 */
export function parseKeyPlace(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): KeyPlace | undefined {
  if (text === 'store') return { kind: 'store' }
  if (/^file:./.test(text)) return { kind: 'file', path: resolve(text.slice('file:'.length)) }
  if (!text.startsWith('pkcs11:')) return undefined
  const members = new Map<string, string>()
  for (const part of text.slice('pkcs11:'.length).split(/[;?&]/)) {
    const at = part.indexOf('=')
    if (at < 1 || members.has(part.slice(0, at))) return undefined
    try {
      members.set(part.slice(0, at), decodeURIComponent(part.slice(at + 1)))
    } catch {
      return undefined
    }
  }
  const known = new Set(['token', 'object', 'module-path', 'pin-source'])
  if ([...members.keys()].some((name) => !known.has(name))) return undefined
  const [token, module, pin] = ['token', 'module-path', 'pin-source'].map((name) => members.get(name))
  const object = members.get('object') ?? 'ambit'
  if (token === undefined || module?.startsWith('/') !== true || pin === undefined) return undefined
  if (!/^[A-Za-z0-9 ._-]{1,32}$/.test(token) || !/^[A-Za-z0-9._-]{1,40}$/.test(object)) return undefined
  return { kind: 'token', token, object, module, pinFile: resolve(pin.replace(/^file:/, '')), environment }
}

/** Opens the keys that a setting names; `cells` is where `store` keeps them, and the names of those in a token. */
export function openSigningKeys(
  place: KeyPlace,
  cells: SealedCells,
  keyring: Keyring,
  clock: Pick<Clock, 'random'>,
): SigningKeys {
  if (place.kind === 'token') return claimedKeys(tokenKeys(place), place.object, cells, clock)
  return sealedKeys(place.kind === 'file' ? fileCells(place.path) : cells, keyring)
}

function sealedKeys(cells: SealedCells, keyring: Keyring): SigningKeys {
  return {
    async key(name, algorithm = 'p256') {
      let sealed = await cells.read(name)
      sealed ??= await cells.keep(name, keyring.seal(purpose, name, newKey(algorithm)))
      const key = keyring.open(purpose, name, sealed)
      try {
        return localSigner(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
      } finally {
        key.fill(0)
      }
    },
  }
}

/** A signer of a key that this process holds. Throws a TypeError for a key of another kind. */
export function localSigner(privateKey: KeyObject): KeySigner {
  const algorithm = algorithmOf(privateKey)
  const digest = algorithm === 'p256' ? 'sha256' : null
  return {
    algorithm,
    publicKey: createPublicKey(privateKey),
    // Of a microsecond or some dozens: a trip through the thread pool costs more.
    sign: async (bytes) => sign(digest, bytes, privateKey),
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): KeySigner['algorithm'] {
  if (asymmetricKeyType === 'ed25519') return 'ed25519'
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'p256'
  throw new TypeError('an authority signs with P-256 or Ed25519')
}

function newKey(algorithm: KeySigner['algorithm']): Buffer {
  const { privateKey } =
    algorithm === 'p256'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('ed25519')
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

/** One file for each name, beside the path that the setting gives: `<path>.<name>`. */
function fileCells(path: string): SealedCells {
  const fileOf = (name: string) => `${path}.${name}`
  const read = (name: string) => (existsSync(fileOf(name)) ? readFileSync(fileOf(name)) : undefined)
  return {
    read: async (name) => read(name),
    async keep(name, sealed) {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        makeFile(fileOf(name), sealed)
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
          throw new Fault('ca.signer', {
            detail: 'the file of the key cannot be written',
            where: fileOf(name),
            cause: error,
          })
      }
      return read(name) ?? sealed
    },
  }
}

/** Short name of a public key in certificates: the first 160 bits of its SHA-256 (RFC 7093, section 2, method 1). */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  const [, bits] = derMembers(readDer(publicKey.export({ format: 'der', type: 'spki' })))
  return createHash('sha256').update(wholeBits(bits!)).digest().subarray(0, 20)
}
