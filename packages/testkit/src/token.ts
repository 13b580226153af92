import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { KeySigner, TokenKeys } from '@ambit/node/kernel/key-signer'

/** A token of Ed25519 keys in a folder, which a test sends away, slows down and asks what it did. */
export interface TestToken extends TokenKeys {
  /** What it fails with; undefined lets it work. */
  fails: string | undefined
  /** Awaited before each thing it does. */
  before: (
    what: 'find' | 'make' | 'sign' | 'remove',
    name: string,
    bytes?: Uint8Array,
  ) => Promise<void> | void
  /** Messages that it signed, in order. */
  readonly signed: { readonly name: string; readonly bytes: Buffer }[]
  /** Signatures that were under way at once, at most. */
  readonly atOnce: number
  names(): string[]
  /** Puts another key in the place of one. */
  swap(name: string): void
}

export function testToken(folder: string): TestToken {
  mkdirSync(folder, { recursive: true })
  const pathOf = (name: string): string => join(folder, name)
  const signed: { name: string; bytes: Buffer }[] = []
  let underWay = 0
  let atOnce = 0
  async function begin(...[what, name, bytes]: Parameters<TestToken['before']>): Promise<void> {
    await token.before(what, name, bytes)
    if (token.fails !== undefined) throw new Fault('ledger.signer', { detail: token.fails })
  }
  function signerOf(name: string): KeySigner {
    return {
      algorithm: 'ed25519',
      publicKey: createPublicKey(read(pathOf(name))),
      async sign(bytes) {
        underWay += 1
        atOnce = Math.max(atOnce, underWay)
        try {
          await begin('sign', name, bytes)
          signed.push({ name, bytes: Buffer.from(bytes) })
          return sign(null, bytes, read(pathOf(name)))
        } finally {
          underWay -= 1
        }
      },
    }
  }
  function make(name: string): void {
    const { privateKey } = generateKeyPairSync('ed25519')
    writeFileSync(pathOf(name), privateKey.export({ format: 'pem', type: 'pkcs8' }))
  }
  const token: TestToken = {
    token: 'test token',
    fails: undefined,
    before: () => undefined,
    signed,
    get atOnce() {
      return atOnce
    },
    names: () => readdirSync(folder).toSorted(),
    swap: make,
    async key(name) {
      await begin('make', name)
      if (!existsSync(pathOf(name))) make(name)
      return signerOf(name)
    },
    async find(name) {
      await begin('find', name)
      return existsSync(pathOf(name)) ? signerOf(name) : undefined
    },
    async remove(name) {
      await begin('remove', name)
      rmSync(pathOf(name), { force: true })
    },
  }
  return token
}

function read(path: string): KeyObject {
  return createPrivateKey(readFileSync(path))
}
