import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { NoteSigner } from '@ambit/core/log/note'
import type { Clock } from '../kernel/clock.ts'
import { replaceFile, syncDirectory } from '../kernel/durable-file.ts'
import type { Keyring } from '../kernel/keyring.ts'
import { logSigner } from './signer.ts'

const keyName = 'key'
const purpose = 'ledger.shard'
const seedBytes = 32

/** The keys of one log: random, sealed in the log's folder, and gone once the log has ended. */
export interface ShardKey {
  readonly signer: NoteSigner
  /** Nothing is signed any more; the file is overwritten and removed. Does no harm a second time. */
  destroy(): Promise<void>
}

export interface ShardKeyParts {
  /** Folder of the log. */
  readonly directory: string
  readonly origin: string
  readonly keyring: Pick<Keyring, 'seal' | 'open'>
}

/** Makes the keys of a log that begins, or takes those that an attempt before made; durable when it returns. */
export async function makeShardKey(parts: ShardKeyParts, clock: Clock): Promise<ShardKey> {
  const { directory, origin, keyring } = parts
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await syncDirectory(dirname(directory))
  const known = await openShardKey(parts)
  if (known !== undefined) return known
  const seeds = clock.random(2 * seedBytes)
  await replaceFile(directory, keyName, keyring.seal(purpose, origin, seeds))
  return keyOf(directory, origin, seeds)
}

/** The keys of a log; undefined where there are none (any more). Throws `internal` under another master key. */
export async function openShardKey(parts: ShardKeyParts): Promise<ShardKey | undefined> {
  const { directory, origin, keyring } = parts
  const sealed = await readFile(join(directory, keyName)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  return sealed === undefined ? undefined : keyOf(directory, origin, keyring.open(purpose, origin, sealed))
}

/** The keys of a log that several processes write: derived, so that all have the same; they cannot be destroyed. */
export function deriveShardKey(origin: string, keyring: Pick<Keyring, 'derive'>): ShardKey {
  const signer = logSigner(origin, {
    ed25519: keyring.derive(`${purpose} ed25519 ${origin}`),
    mlDsa44: keyring.derive(`${purpose} ml-dsa-44 ${origin}`),
  })
  return { signer, destroy: async () => undefined }
}

/** Overwrites and removes the key file of a log. */
export async function destroyShardKey(directory: string): Promise<void> {
  const path = join(directory, keyName)
  const file = await open(path, 'r+').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return
  try {
    const { size } = await file.stat()
    await file.write(Buffer.alloc(size), 0, size, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await rm(path, { force: true })
  await syncDirectory(directory)
}

/** Stands for the key of a log that has ended: it has the name and can sign nothing. */
export function frozenSigner(origin: string, vkey: string): NoteSigner {
  return {
    name: origin,
    vkey,
    sign: () => {
      throw new Fault('ledger.frozen', { detail: `the key of ${origin} is destroyed`, where: origin })
    },
  }
}

function keyOf(directory: string, origin: string, seeds: Buffer): ShardKey {
  let living: NoteSigner | undefined = logSigner(origin, {
    ed25519: seeds.subarray(0, seedBytes),
    mlDsa44: seeds.subarray(seedBytes),
  })
  seeds.fill(0)
  const { vkey, second } = living
  const frozen = frozenSigner(origin, vkey)
  const ended = new Fault('ledger.frozen', { detail: `the key of ${origin} is destroyed`, where: origin })
  return {
    signer: {
      name: origin,
      vkey,
      sign: (bytes) => (living ?? frozen).sign(bytes),
      ...(second === undefined
        ? {}
        : {
            second: {
              ...second,
              sign: async (message) => {
                if (living?.second === undefined) throw ended
                return await living.second.sign(message)
              },
            },
          }),
    },
    async destroy() {
      living = undefined
      await destroyShardKey(directory)
    },
  }
}
