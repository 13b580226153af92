import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { base64, base64url, utf8 } from '@ambit/core/bytes'
import type { Bytes } from '@ambit/core/bytes'
import { canonicalJson } from '@ambit/core/canonical'
import type { Leaf } from '@ambit/core/leaf'
import { signCheckpoint } from '@ambit/core/log/checkpoint'
import { emptyRoot, leafHash, nodeHash } from '@ambit/core/log/merkle'
import { formatVkey } from '@ambit/core/log/note'
import type { NoteSigner } from '@ambit/core/log/note'
import { commitment, saltBytes } from '@ambit/core/receipt'
import type { Receipt, ReceiptOpening } from '@ambit/core/receipt'

/** A small log with real proofs, so that receipts of the fake API verify like those of a node. */
export class FakeLog {
  readonly signer: NoteSigner
  readonly #entries: string[] = []

  private constructor(signer: NoteSigner) {
    this.signer = signer
  }

  static async open(origin: string): Promise<FakeLog> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
    const vkey = await formatVkey(origin, raw)
    const signer = { name: origin, vkey, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) }
    return new FakeLog(signer)
  }

  get size(): number {
    return this.#entries.length
  }

  append(leaf: Leaf): number {
    this.#entries.push(canonicalJson(leaf))
    return this.#entries.length - 1
  }

  async receipt(
    act: string,
    indexes: readonly number[],
    openings: readonly ReceiptOpening[],
  ): Promise<Receipt> {
    const hashes = await Promise.all(this.#entries.map((entry) => leafHash(utf8(entry))))
    const leaves = await Promise.all(
      indexes.map(async (index) => ({
        index,
        entry: this.#entries[index] ?? '',
        hashes: (await path(hashes, index)).map((hash) => base64(hash)),
      })),
    )
    return {
      v: 1,
      type: 'receipt',
      act,
      log: { origin: this.signer.name, vkey: this.signer.vkey },
      leaves,
      checkpoint: signCheckpoint(hashes.length, await root(hashes), this.signer),
      openings: [...openings],
    }
  }
}

/** Commits to a value with fresh salt: the digest for the leaf and the opening for the receipt. */
export async function committed(value: unknown): Promise<{ digest: `sha256:${string}`; salt: string }> {
  const salt = randomBytes(saltBytes)
  return { digest: await commitment(salt, utf8(canonicalJson(value))), salt: base64url(salt) }
}

async function root(hashes: readonly Bytes[]): Promise<Bytes> {
  const [first] = hashes
  if (first === undefined) return await emptyRoot()
  if (hashes.length === 1) return first
  const split = splitOf(hashes.length)
  return await nodeHash(await root(hashes.slice(0, split)), await root(hashes.slice(split)))
}

/** Inclusion path of RFC 9162 section 2.1.3.1, by its definition. */
async function path(hashes: readonly Bytes[], index: number): Promise<Bytes[]> {
  if (hashes.length <= 1) return []
  const split = splitOf(hashes.length)
  const left = hashes.slice(0, split)
  const right = hashes.slice(split)
  return index < split
    ? [...(await path(left, index)), await root(right)]
    : [...(await path(right, index - split)), await root(left)]
}

/** The largest power of two below the size. */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}
