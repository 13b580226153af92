import { timingSafeEqual } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { Clock } from './clock.ts'
import { makeFile } from './durable-file.ts'
import { derivedKey, fingerprint } from './keyring.ts'
import type { Log } from './log.ts'
import { unwrapByPassphrase, wrapByPassphrase } from './passphrase.ts'
import { runKeyProgram } from './key-program.ts'

/** Where the master key lies: open in a file, in a file under a passphrase, or wrapped by a program (a KMS, an HSM). */
export type KeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'passphrase'; readonly path: string; readonly passphraseFile: string }
  | { readonly kind: 'command'; readonly program: string; readonly path: string }

export interface MasterKeyParts {
  /** `<AMBIT_DATA>/keys` */
  readonly folder: string
  readonly source: KeySource
  /** Where the key is to lie from the next start on; left out: where it does. */
  readonly next?: KeySource | undefined
  readonly clock: Clock
  readonly log: Log
}

const masterBytes = 32
const plainName = 'master.key'
const fingerprintName = 'master.fingerprint'

/**
 * The key under which this node seals everything. Made at the first start; later a key that is missing or another one
 * is an error, never a reason to begin anew. Throws `key.missing`, `key.other`, `key.passphrase`, `key.malformed` and
 * `key.program`.
 */
export function openMasterKey(parts: MasterKeyParts): Buffer {
  const { folder, source, next, clock, log } = parts
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const master = readKey(source) ?? makeKey(parts)
  checkFingerprint(folder, master)
  if (next !== undefined) {
    if (!existsSync(next.path)) writeKey(next, master, clock)
    const again = readKey(next)
    if (again === undefined || !timingSafeEqual(again, master)) {
      throw new Fault('key.other', { detail: 'another key lies where the key is to go', where: next.path })
    }
    log.warn('key.written-anew', { source: next.kind, path: next.path })
  }
  const plain = join(folder, plainName)
  if (source.kind !== 'file' && existsSync(plain)) log.warn('key.plain-left', { path: plain })
  return master
}

/** The first start of a node; whether it is one is told by what lies there. */
function makeKey({ folder, source, clock }: MasterKeyParts): Buffer {
  const plain = join(folder, plainName)
  if (existsSync(join(folder, fingerprintName)) || (plain !== source.path && existsSync(plain))) {
    throw new Fault('key.missing', {
      detail: 'this data was sealed with a key, which is not there',
      where: source.path,
    })
  }
  const master = clock.random(masterBytes)
  writeKey(source, master, clock)
  return master
}

function readKey(source: KeySource): Buffer | undefined {
  if (!existsSync(source.path)) return undefined
  const stored = readFileSync(source.path)
  const master = unwrap(source, stored)
  if (master.length !== masterBytes) {
    throw new Fault('key.malformed', {
      detail: `the master key has ${master.length} bytes, not ${masterBytes}`,
      where: source.path,
    })
  }
  return master
}

function unwrap(source: KeySource, stored: Buffer): Buffer {
  if (source.kind === 'file') return stored
  if (source.kind === 'command') return runKeyProgram(source.program, 'unwrap', stored)
  return unwrapByPassphrase(stored, source)
}

function writeKey(source: KeySource, master: Buffer, clock: Clock): void {
  mkdirSync(dirname(source.path), { recursive: true, mode: 0o700 })
  if (source.kind === 'file') makeFile(source.path, master)
  else if (source.kind === 'command') makeFile(source.path, runKeyProgram(source.program, 'wrap', master))
  else makeFile(source.path, wrapByPassphrase(master, source.passphraseFile, clock))
}

/** Says without the key whether a key is the one; written at the first start that knows of it. */
function checkFingerprint(folder: string, master: Buffer): void {
  const path = join(folder, fingerprintName)
  const own = `${fingerprint(derivedKey(master, 'master.fingerprint'))}\n`
  if (!existsSync(path)) makeFile(path, Buffer.from(own))
  else if (readFileSync(path, 'utf8') !== own) {
    throw new Fault('key.other', { detail: 'the fingerprint of the master key is another one', where: path })
  }
}
