import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { Shard } from '@ambit/core/log/shards'
import { localDisk } from '../kernel/disk.ts'
import type { Engine, EngineParts, OpenEngine } from './engine.ts'
import type { LedgerGuard } from './guard.ts'
import { HashStore } from './hash-store.ts'
import type { Ledger, LedgerLimits, LedgerOptions } from './ledger.ts'
import { openLog } from './log.ts'
import { frozenSigner } from './series-keys.ts'
import { readCheckpointFile } from './signed-head.ts'

/** What a lost log once signed is known; what is left of it need not reach that far. */
const noGuard: LedgerGuard = {
  read: async () => undefined,
  advance: async () => false,
}

export interface FrozenParts extends Pick<LedgerOptions, 'directory' | 'guard' | 'clock' | 'onFailure'> {
  readonly openEngine: OpenEngine
  readonly limits: LedgerLimits
}

/** Opens a log that has ended, for reading. Throws `ledger.corrupt` where it is not as the list says. */
export async function openFrozen(shard: Shard, parts: FrozenParts): Promise<Ledger> {
  const { origin, first, state, end } = shard
  const whole = state === 'frozen'
  const ledger = await openLog(
    {
      ...parts,
      origin,
      first,
      signer: frozenSigner(origin, shard.vkeys[0]!),
      guard: whole ? parts.guard : noGuard,
    },
    {
      openEngine:
        state === 'pruned' ? async (engineParts) => await openPruned(engineParts, shard) : parts.openEngine,
      genesis: state !== 'pruned',
      frozen: true,
      mergeDelayMs: 0,
      limits: parts.limits,
    },
  )
  if (!whole || ledger.size === end?.size) return ledger
  await ledger[Symbol.asyncDispose]()
  throw new Fault('ledger.corrupt', {
    detail: `${origin} ended with ${end?.size} entries, but the folder holds ${ledger.size}`,
    where: parts.directory,
  })
}

/** Deletes the entries of a log; hashes and checkpoint stay. Does no harm a second time. */
export async function deleteEntries(directory: string): Promise<void> {
  await rm(join(directory, 'segments'), { recursive: true, force: true })
  await localDisk.syncDirectory(directory)
}

/** A log of which only the hashes are left: it proves consistency and serves its tiles, and has no entry to give. */
async function openPruned(parts: EngineParts, { origin, end }: Shard): Promise<Engine> {
  const size = end!.size
  const hashes = new HashStore(localDisk, join(parts.directory, 'tiles'), size, parts.limits.ringHashes)
  if (!(await hashes.holds(size))) {
    await hashes.close()
    throw new Fault('ledger.corrupt', {
      detail: `hashes of ${origin} are missing, and its entries are deleted`,
      where: join(parts.directory, 'tiles'),
    })
  }
  const frozen = new Fault('ledger.frozen', { detail: `${origin} has ended`, where: origin })
  return {
    durable: { size, root: Buffer.from(end!.root).toString('latin1') },
    state: 'closed',
    fault: frozen,
    queued: 0,
    shared: false,
    hashes,
    tell: () => true,
    append: (_entry, done) => queueMicrotask(() => done(frozen, -1)),
    settle: async () => undefined,
    follow: async () => undefined,
    stop: () => undefined,
    bundle: async () => {
      throw new Fault('ledger.pruned', { detail: `the entries of ${origin} are deleted`, where: origin })
    },
    published: async () => await readCheckpointFile(join(parts.directory, 'checkpoint')),
    publish: async () => {
      throw frozen
    },
    close: async () => await hashes.close(),
  }
}
