import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { replaceFile, syncDirectory } from '../kernel/durable-file.ts'
import type { Keyring } from '../kernel/keyring.ts'

const keyName = 'key'
const purpose = 'ledger.shard'
const seedBytes = 32

/** Seeds of what signs for one log and lies with it: of Ed25519 and of ML-DSA-44. */
export interface Seeds {
  readonly ed25519: Buffer
  readonly mlDsa44: Buffer
}

export interface KeyFile {
  /** Folder of the log. */
  readonly directory: string
  readonly origin: string
  readonly keyring: Pick<Keyring, 'seal' | 'open'>
}

/** Makes the seeds of a log that begins, or takes those that an attempt before made; durable when it returns. */
export async function makeSeeds(file: KeyFile, clock: Clock): Promise<Seeds> {
  const { directory, origin, keyring } = file
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await syncDirectory(dirname(directory))
  const known = await readSeeds(file)
  if (known !== undefined) return known
  const seeds = clock.random(2 * seedBytes)
  await replaceFile(directory, keyName, keyring.seal(purpose, origin, seeds))
  return halves(seeds)
}

/** Undefined where there are none (any more). Throws `internal` under another master key. */
export async function readSeeds({ directory, origin, keyring }: KeyFile): Promise<Seeds | undefined> {
  const sealed = await readFile(join(directory, keyName)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  return sealed === undefined ? undefined : halves(keyring.open(purpose, origin, sealed))
}

/** Seeds of a log that several processes write: derived, so that all have the same; they cannot be destroyed. */
export function deriveSeeds(origin: string, keyring: Pick<Keyring, 'derive'>): Seeds {
  return {
    ed25519: keyring.derive(`${purpose} ed25519 ${origin}`),
    mlDsa44: keyring.derive(`${purpose} ml-dsa-44 ${origin}`),
  }
}

/** Overwrites and removes the seeds of a log. */
export async function destroySeeds(directory: string): Promise<void> {
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

function halves(seeds: Buffer): Seeds {
  return { ed25519: seeds.subarray(0, seedBytes), mlDsa44: seeds.subarray(seedBytes) }
}
