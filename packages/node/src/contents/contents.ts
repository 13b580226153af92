import { join } from 'node:path'
import type { Fault } from '@ambit/core/fault'
import { periodOf } from '../identity/identity.ts'
import type { Subjects } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import { localDisk } from '../kernel/disk.ts'
import type { Ids } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Store } from '../store/store.ts'
import { keepsNothing } from './act-contents.ts'
import type { ActContents } from './act-contents.ts'
import { Collector, defaultLimits } from './collector.ts'
import { openStoreShelf } from './contents-store.ts'
import { erase, finishErasures } from './erasing.ts'
import type { ErasureReply, ErasureRequest, ErasingParts } from './erasing.ts'
import { FileShelf } from './file-shelf.ts'
import { readAct } from './reading.ts'
import type { ActReading, ActSpan } from './reading.ts'
import type { ContentShelf } from './shelf.ts'

export { keepsNothing } from './act-contents.ts'
export type { ActContents, AwaitsContents } from './act-contents.ts'
export { defaultLimits } from './collector.ts'
export type { ErasureReply, ErasureRequest } from './erasing.ts'
export type { ActReading, ActSpan } from './reading.ts'
export type { ContentField } from './record.ts'

/**
 * What was said in acts: sealed for each person and half-year, opened for that person alone, and erased for good by
 * destroying the keys. The log holds only commitments to it.
 */
export interface Contents extends AsyncDisposable {
  /** For the path of an act. */
  readonly acts: ActContents
  /** Everything taken so far is durable, and the outcomes that waited for it are on their way to the log. */
  settle(): Promise<void>
  /** Throws `contents.erased` and `contents.frozen`. Whoever calls has checked that the person may. */
  read(span: ActSpan): Promise<ActReading>
  /** Idempotent. Throws `contents.frozen`. */
  erase(request: ErasureRequest): Promise<ErasureReply>
  /** Keeps a person's contents, but opens and erases them for nobody until they are released. */
  freeze(person: string, ground: string, by: string): Promise<void>
  release(person: string): Promise<void>
  /** Contents of acts before this time are not kept any more. */
  keptSince(): number
}

export interface ContentsOptions {
  /** Undefined: contents are not kept. */
  readonly keepDays: number | undefined
  readonly directory: string
  readonly store: Store
  readonly subjects: Subjects
  readonly ledger: Ledger
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

const dayMs = 24 * 60 * 60 * 1000
/** How often old contents are looked for. */
const pruneEveryMs = 60 * 60_000
/** Contents that were kept while they were, and are no longer, stay this long. */
const keepDaysWhenOff = 184

/** Opens the shelf, finishes erasures that an earlier start began, and removes what is too old from now on. */
export async function openContents(options: ContentsOptions): Promise<Contents> {
  const { subjects, ledger, clock, ids } = options
  const shelf = await openShelf(options)
  const onFailure = (fault: Fault) =>
    options.log.error('contents.not-kept', { code: fault.code, detail: fault.detail })
  const collector =
    options.keepDays === undefined
      ? undefined
      : new Collector({ shelf, clock, limits: defaultLimits, onFailure })
  const settle = async () => await collector?.settle()
  const keptSince = () => clock.now() - (options.keepDays ?? keepDaysWhenOff) * dayMs
  const parts: ErasingParts = {
    subjects,
    shelf,
    ledger,
    clock,
    ids,
    keptSince,
    settle,
    keeps: collector !== undefined,
    idle: async () => await collector?.idle(),
  }
  const finished = await finishErasures(parts)
  if (finished > 0) options.log.warn('contents.erasures-finished', { erasures: finished })
  const stopPruning = startPruning(options, shelf, keptSince)
  // One erasure after the other: two of one person would each name the other's keys.
  let erasing: Promise<unknown> = Promise.resolve()
  return {
    acts: collector ?? keepsNothing,
    settle,
    read: async (span) => await readAct({ subjects, shelf, clock, settle }, span),
    async erase(request) {
      const mine = erasing.then(async () => await erase(parts, request))
      erasing = mine.catch(() => undefined)
      return await mine
    },
    freeze: async (person, ground, by) => await subjects.freeze(person, { ground, by, at: clock.now() }),
    release: async (person) => await subjects.release(person),
    keptSince,
    async [Symbol.asyncDispose]() {
      await stopPruning()
      await collector?.close()
      await erasing
      await shelf.close()
    },
  }
}

/** Replicas share a store, and so must be able to open each other's; a node alone writes files. */
export async function openShelf(
  options: Pick<ContentsOptions, 'store' | 'ids' | 'log' | 'clock' | 'directory'>,
): Promise<ContentShelf> {
  const { store, ids, log, clock, directory } = options
  const onDamage = ({ code, detail, where }: Fault) => log.error(code, { detail, where })
  if (store.engine === 'postgres') return await openStoreShelf(store, ids.next(), onDamage)
  return new FileShelf({ directory: join(directory, 'contents'), disk: localDisk, clock, onDamage })
}

/** Gives what ends it. */
function startPruning(
  { subjects, clock, log }: ContentsOptions,
  shelf: ContentShelf,
  keptSince: () => number,
): () => Promise<void> {
  let stopped = false
  let pruning: Promise<void> = Promise.resolve()
  let cancel = clock.after(pruneEveryMs, run)
  async function prune(): Promise<void> {
    try {
      // Files hold the contents of many: while those of one must stay, all do.
      if (await subjects.anyFrozen()) return
      const before = keptSince()
      await shelf.prune(before)
      await subjects.prune(periodOf(before))
    } catch (error) {
      log.error('contents.not-pruned', { error: String(error) })
    } finally {
      if (!stopped) cancel = clock.after(pruneEveryMs, run)
    }
  }
  function run(): void {
    pruning = prune()
  }
  return async () => {
    stopped = true
    cancel()
    await pruning
  }
}
