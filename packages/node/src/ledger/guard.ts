import { hash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { replaceFile, syncDirectory } from '../kernel/durable-file.ts'
import { readCheckpointFile } from './signed-head.ts'
import type { SignedHead } from './signed-head.ts'

export type { SignedHead } from './signed-head.ts'

/**
 * Remembers the last checkpoint of each log in a small store apart from the log, durable before the signature leaves
 * the process. A log restored from an older backup is thereby found out before it signs a second history.
 */
export interface LedgerGuard {
  read(origin: string): Promise<SignedHead | undefined>
  /**
   * Moves on from the head last read. False when another writer was faster, when the size would shrink, or when the
   * size is the same and the root is not: then nothing may be signed any more.
   */
  advance(
    origin: string,
    from: Pick<SignedHead, 'size' | 'root'> | undefined,
    to: SignedHead,
  ): Promise<boolean>
}

/** A guard in a directory of its own; better on another disk than the log. One process uses it at a time. */
export async function openFileGuard(directory: string): Promise<LedgerGuard> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await syncDirectory(dirname(directory))
  // Comparing and writing is one step: calls for all logs go one after another.
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = last.then(work, work)
    last = result.catch(() => undefined)
    return result
  }
  return {
    read: (origin) => readFileGuard(directory, origin),
    advance: (origin, from, to) =>
      inTurn(async () => {
        const current = await readFileGuard(directory, origin)
        if (current?.size !== from?.size || current?.root !== from?.root) return false
        if (current !== undefined && to.size < current.size) return false
        if (current?.size === to.size && current.root !== to.root) return false
        await replaceFile(directory, nameOf(origin), to.checkpoint)
        return true
      }),
  }
}

/** What a guard in a directory keeps of a log, for whoever only looks: it changes nothing, also where there is none. */
export async function readFileGuard(directory: string, origin: string): Promise<SignedHead | undefined> {
  return await readCheckpointFile(join(directory, nameOf(origin)))
}

function nameOf(origin: string): string {
  return `${hash('sha256', origin, 'hex')}.checkpoint`
}
