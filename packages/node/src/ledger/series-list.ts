import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import type { NoteSigner } from '@ambit/core/log/note'
import { openShardList, signShardList } from '@ambit/core/log/shards'
import type { Shard } from '@ambit/core/log/shards'
import { replaceFile } from '../kernel/durable-file.ts'
import type { LedgerGuard, SignedHead } from './guard.ts'

const listName = 'shards'

export interface SeriesListParts {
  readonly directory: string
  /** Named like the list. */
  readonly signer: NoteSigner
  readonly guard: LedgerGuard
  onFailure(fault: Fault): void
}

/**
 * The signed list of the logs of a series. The guard keeps it like the checkpoint of a log, and what the guard keeps
 * counts: a turn is done in the moment the guard took the list that says so. The file beside the logs is a copy, which
 * also stands in when the guard is older.
 */
export class SeriesList {
  #parts: SeriesListParts
  #guarded: SignedHead | undefined
  #note: string
  #version: number
  #shards: readonly Shard[]

  private constructor(
    parts: SeriesListParts,
    guarded: SignedHead | undefined,
    newest: { readonly note: string; readonly version: number; readonly shards: readonly Shard[] },
  ) {
    this.#parts = parts
    this.#guarded = guarded
    this.#note = newest.note
    this.#version = newest.version
    this.#shards = newest.shards
  }

  /** Throws `ledger.corrupt` on a list that cannot be trusted. A series without a list is one that has not begun. */
  static async open(parts: SeriesListParts): Promise<SeriesList> {
    const guarded = await parts.guard.read(parts.signer.name)
    const path = join(parts.directory, listName)
    const notes = [
      ...(guarded === undefined ? [] : [{ note: guarded.checkpoint, where: 'the guard' }]),
      ...(await fileNote(path)).map((note) => ({ note, where: path })),
    ]
    let newest = { note: '', version: 0, shards: [] as readonly Shard[] }
    for (const { note, where } of notes) {
      const list = await trusted(note, parts.signer, where)
      if (list.version > newest.version) newest = list
    }
    const list = new SeriesList(parts, guarded, newest)
    if (newest.version > 0) await list.#write()
    return list
  }

  /** The signed list; empty before the first log. */
  get note(): string {
    return this.#note
  }

  get version(): number {
    return this.#version
  }

  /** Oldest first; the last one takes entries. */
  get shards(): readonly Shard[] {
    return this.#shards
  }

  /**
   * Signs and keeps the next list. When it throws, nobody knows whether the guard took it: then nothing may be written
   * until the series is opened anew.
   */
  async save(shards: readonly Shard[]): Promise<void> {
    const { signer, guard } = this.#parts
    const version = this.#version + 1
    const note = await signShardList({ version, shards }, signer)
    const root = rootOf(note)
    const next = { size: version, root, checkpoint: note }
    if (!(await guard.advance(signer.name, this.#guarded, next))) {
      throw new Fault('ledger.rolled-back', {
        detail: `the guard of ${signer.name} does not allow version ${version}: another writer has this log`,
      })
    }
    this.#guarded = next
    this.#note = note
    this.#version = version
    this.#shards = shards
    await this.#write()
  }

  async #write(): Promise<void> {
    try {
      await replaceFile(this.#parts.directory, listName, this.#note)
    } catch (error) {
      // Only a copy: it is written again at the next start.
      this.#parts.onFailure(
        new Fault('ledger.unpublished', { detail: 'the list of logs is not in its file', cause: error }),
      )
    }
  }
}

async function fileNote(path: string): Promise<string[]> {
  try {
    return [await readFile(path, 'utf8')]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function trusted(note: string, signer: NoteSigner, where: string) {
  const opened = await openShardList(note, signer.vkey)
  if (opened.ok) return { note, version: opened.list.version, shards: opened.list.shards }
  throw new Fault('ledger.corrupt', { detail: `the list of logs cannot be trusted: ${opened.reason}`, where })
}

function rootOf(note: string): string {
  const parsed = parseCheckpoint(note)
  if (!parsed.ok) throw new RangeError(parsed.reason)
  return parsed.checkpoint.root.toBase64()
}

/** The half-year of a time in UTC, which names its log: `2026h2`. */
export function halfYearOf(ms: number): string {
  const date = new Date(ms)
  return `${date.getUTCFullYear()}h${date.getUTCMonth() < 6 ? 1 : 2}`
}

/** When the half-year after that of a time begins, in ms. */
export function nextHalfYear(ms: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() < 6 ? 6 : 12, 1)
}
