import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { didKey } from '@ambit/core/id/did-key'
import type { Signer } from '@ambit/core/signature'
import type { Clock } from '../kernel/clock.ts'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { KeyPurpose, KeyReader, KeyRow, KeyWriter } from './key-store.ts'

const seedBytes = 32
/** Signers kept in memory: about 1 KiB each; all others are read and opened again. */
const cachedMax = 10_000
/** PKCS #8 of an Ed25519 seed is this and the seed (RFC 8410 section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const signerPurpose = 'identity.key'

/** The Ed25519 keys the node keeps, sealed in the store; private halves never leave this file. */
export interface Keys {
  /** The key of an owner; made on first use. */
  signer(purpose: 'node' | 'person', owner: string, organization: string): Promise<Signer>
  createHolder(organization: string): Promise<string>
  createHolders(organization: string, count: number): Promise<readonly string[]>
  holder(key: string): Promise<Signer | undefined>
  /** The organisation that a kept key of a holder was made for. */
  holderOrganization(key: string): Promise<string | undefined>
}

export function createKeys(reader: KeyReader, writer: KeyWriter, keyring: Keyring, clock: Clock): Keys {
  const signers = new BoundedMap<string, Signer>(cachedMax)

  function rowOf(purpose: KeyPurpose, owner: string | undefined, organization: string): KeyRow {
    const seed = clock.random(seedBytes)
    const key = publicDid(privateKeyOf(seed))
    const sealed = keyring.seal(signerPurpose, key, seed)
    return { key, purpose, owner: owner ?? key, organization, sealed }
  }
  async function make(purpose: KeyPurpose, owner: string | undefined, organization: string): Promise<string> {
    const row = rowOf(purpose, owner, organization)
    await writer.add([row], clock.now())
    return row.key
  }
  function open(key: string, sealed: Uint8Array): Signer {
    return signerOf(key, privateKeyOf(keyring.open(signerPurpose, key, sealed)))
  }
  return {
    async signer(purpose, owner, organization) {
      const name = `${purpose} ${owner}`
      const cached = signers.get(name)
      if (cached !== undefined) return cached
      let row = await reader.ofOwner(purpose, owner)
      if (row === undefined) {
        await make(purpose, owner, organization)
        row = await reader.ofOwner(purpose, owner)
      }
      if (row === undefined) throw new Error('a key that was just written is not there')
      const signer = open(row.key, row.sealed)
      signers.set(name, signer)
      return signer
    },
    createHolder: async (organization) => await make('holder', undefined, organization),
    async createHolders(organization, count) {
      const rows = Array.from({ length: count }, () => rowOf('holder', undefined, organization))
      await writer.add(rows, clock.now())
      return rows.map(({ key }) => key)
    },
    holderOrganization: async (key) => (await reader.ofHolder(key))?.organization,
    async holder(key) {
      const name = `holder ${key}`
      const cached = signers.get(name)
      if (cached !== undefined) return cached
      const row = await reader.ofHolder(key)
      if (row === undefined) return undefined
      const signer = open(row.key, row.sealed)
      signers.set(name, signer)
      return signer
    },
  }
}

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
}

function publicDid(key: KeyObject): string {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  if (x === undefined) throw new Error('an Ed25519 key without its public half')
  return didKey('ed25519', Buffer.from(x, 'base64url'))
}

function signerOf(key: string, privateKey: KeyObject): Signer {
  return { alg: 'ed25519', key, sign: async (bytes) => sign(null, bytes, privateKey) }
}
