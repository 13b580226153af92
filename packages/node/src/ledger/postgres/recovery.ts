import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { localDisk } from '../../kernel/disk.ts'
import type { EngineParts } from '../engine.ts'
import { HashStore } from '../hash-store.ts'
import { zeroHash } from '../hash.ts'
import type { Hash } from '../hash.ts'
import { readCheckpointFile } from '../signed-head.ts'
import type { SignedHead } from '../signed-head.ts'
import { emptyRoot, rootAt, rootOf, treeAt } from '../tree-at.ts'
import type { BatchStore } from './batch-store.ts'
import { placeAfter } from './batch.ts'
import { catchUp } from './catch-up.ts'
import { History } from './history.ts'

/** The checkpoint up to which a replica's own folder holds what is derived from the rows. */
export const checkpointName = 'checkpoint'

/**
 * What the database holds, from where this replica's own folder ends: the hashes in it are taken when they lead to the
 * root that was signed for them, else all are made again from the rows. The log must still hold every head that anybody
 * remembers. Throws `ledger.corrupt` and `ledger.rolled-back`.
 */
export async function recover(
  parts: EngineParts,
  batches: BatchStore,
  remembered: readonly (SignedHead | undefined)[],
): Promise<History> {
  const own = await readCheckpointFile(join(parts.directory, checkpointName))
  const heads = [own, ...remembered].filter((head) => head !== undefined && head.size > 0) as SignedHead[]
  const known = own === undefined ? undefined : await fromFolder(parts, batches, own, heads)
  if (known !== undefined) return known
  const history = new History(parts.origin, openHashes(parts, 0), treeOfNothing, beginning)
  try {
    await follow(batches, history)
    const missed = await firstMissed(history, heads)
    if (missed !== undefined) throw rolledBack(parts.origin, history, missed)
    return history
  } catch (error) {
    await history.hashes.close()
    throw error
  }
}

/** Undefined where the files of the folder are not those of the checkpoint beside them. */
async function fromFolder(
  parts: EngineParts,
  batches: BatchStore,
  own: SignedHead,
  heads: readonly SignedHead[],
): Promise<History | undefined> {
  const hashes = openHashes(parts, own.size)
  let history: History | undefined
  try {
    if (await hashes.holds(own.size)) {
      const tree = await treeAt(hashes, own.size)
      const row = await batches.endingAt(own.size)
      const root = rootOf(tree)
      if (root === bytesOf(own.root) && row?.root === root) {
        history = new History(parts.origin, hashes, tree, placeAfter(row))
        await follow(batches, history)
        if ((await firstMissed(history, heads)) === undefined) return history
      }
    }
  } catch (error) {
    await hashes.close()
    throw error
  }
  // All hashes are made again; should the database be at fault, that will show.
  await hashes.close()
  return undefined
}

async function follow(batches: BatchStore, history: History): Promise<void> {
  await catchUp(batches, history)
  await history.hashes.flush(history.place.size)
  await history.hashes.sync()
}

async function firstMissed(history: History, heads: readonly SignedHead[]): Promise<SignedHead | undefined> {
  for (const head of heads) {
    const held = head.size <= history.place.size ? await rootAt(history.hashes, head.size) : undefined
    if (held !== bytesOf(head.root)) return head
  }
  return undefined
}

function rolledBack(origin: string, history: History, head: SignedHead): Fault {
  const { size } = history.place
  const detail =
    head.size > size
      ? `${head.size} entries were signed, but the log holds ${size}`
      : `the first ${head.size} entries are not those that were signed`
  return new Fault('ledger.rolled-back', { detail, where: `ledger_batch of ${origin}` })
}

const treeOfNothing = { size: 0, peaks: [] }
const beginning = { size: 0, root: emptyRoot, record: zeroHash }

function openHashes({ directory, limits }: EngineParts, size: number): HashStore {
  return new HashStore(localDisk, join(directory, 'tiles'), size, limits.ringHashes)
}

function bytesOf(root: string): Hash {
  return Buffer.from(root, 'base64').toString('latin1')
}
