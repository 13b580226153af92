import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { base64, concatBytes, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { signCheckpoint } from './log/checkpoint.ts'
import { formatVkey, keyIdOf } from './log/note.ts'
import type { Cosigner } from './log/note.ts'
import { purposeMessage } from './log/purpose.ts'
import { signPromise } from './promise.ts'
import type { ActPromise } from './promise.ts'

export const act = '0192aa00000070008000000000000001'
const digest = `sha256:${'ab'.repeat(32)}`

/** A small log that signs whatever a test wants: also what no log should. */
export class TestLog {
  readonly vkey: string
  readonly entries: string[]
  readonly origin: string
  readonly #sign: (bytes: Uint8Array) => Uint8Array

  private constructor(origin: string, vkey: string, key: KeyObject) {
    this.origin = origin
    this.vkey = vkey
    this.entries = [canonicalJson({ v: 1, kind: 'key', at: '2026-11-20T00:00:00Z', origin, vkey })]
    this.#sign = (bytes) => sign(null, bytes, key)
  }

  /** With a seed of 32 bytes, a key that anybody can make: for vectors. */
  static async make(origin: string, seed: Uint8Array = randomBytes(32)): Promise<TestLog> {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    return new TestLog(origin, await formatVkey(origin, new Uint8Array(spki.subarray(-32))), key)
  }

  static async makeWitness(name: string): Promise<Cosigner> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
    const vkey = await formatVkey(name, raw, 'cosignature')
    const keyId = keyIdOf(vkey)
    return {
      name,
      vkey,
      keyId,
      kind: 'cosignature',
      sign: async (message) => sign(null, message, privateKey),
    }
  }

  append(leaf: Readonly<Record<string, unknown>>): number {
    return this.entries.push(canonicalJson(leaf)) - 1
  }

  checkpoint(size = this.entries.length): string {
    const signer = { name: this.origin, vkey: this.vkey, sign: this.#sign }
    return signCheckpoint(size, root(this.#leaves().slice(0, size)), signer)
  }

  path(index: number): Uint8Array[] {
    return path(index, this.#leaves())
  }

  leaf(index: number, log?: number) {
    const hashes = this.path(index).map((hash) => base64(hash))
    return { ...(log === undefined ? {} : { log }), index, entry: this.entries[index]!, hashes }
  }

  get named() {
    return { origin: this.origin, vkey: this.vkey }
  }

  promise(leaves: ActPromise['leaves'], at = '2026-11-20T00:00:00.000Z'): ActPromise {
    const said = { v: 1, type: 'promise', act, log: this.named, leaves, at, mergeDelayMs: 1000 } as const
    return signPromise(said, (content) => this.#sign(purposeMessage('promise', content)))
  }

  hash(index: number): ActPromise['leaves'][number]['hash'] {
    return `sha256:${Buffer.from(this.#leaves()[index]!).toString('hex')}`
  }

  #leaves(): Bytes[] {
    return this.entries.map((entry) => sha256(Uint8Array.of(0), utf8(entry)))
  }
}

export const intent = {
  v: 1,
  kind: 'act.intent',
  at: '2026-11-20T00:00:00Z',
  act,
  trace: act,
  callers: ['someone'],
  links: [],
  chain: digest,
  target: digest,
  capability: 'echo',
  definition: digest,
  in: 'mcp/2026-07-28',
  out: 'mcp/2026-07-28',
  arguments: digest,
  labels: { integrity: 0, confidentiality: 2 },
  rulings: 0,
  decision: 'allow',
} as const

export const outcome = {
  v: 1,
  kind: 'act.outcome',
  at: '2026-11-20T00:00:01Z',
  act,
  status: 'completed',
  durationMs: 3,
} as const

function sha256(...parts: Uint8Array[]): Bytes {
  return new Uint8Array(
    createHash('sha256')
      .update(concatBytes(...parts))
      .digest(),
  )
}

function root(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0]!
  const split = splitOf(leaves.length)
  return sha256(Uint8Array.of(1), root(leaves.slice(0, split)), root(leaves.slice(split)))
}

function path(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  return index < split
    ? [...path(index, leaves.slice(0, split)), root(leaves.slice(split))]
    : [...path(index - split, leaves.slice(split)), root(leaves.slice(0, split))]
}

function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}
