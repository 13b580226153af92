import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import { keyIdOf } from '@ambit/core/log/note'
import type { NoteSigner } from '@ambit/core/log/note'
import { shardListSuffix } from '@ambit/core/log/shards'
import type { Shard, ShardEnd } from '@ambit/core/log/shards'
import { timeText } from '../kernel/clock.ts'
import type { OpenEngine } from './engine.ts'
import type { Ledger, LedgerLimits, LedgerOptions, SeriesOptions } from './ledger.ts'
import { deleteEntries, openFrozen } from './series-frozen.ts'
import type { FrozenParts } from './series-frozen.ts'
import { destroyShardKey, makeShardKey, openShardKey } from './series-keys.ts'
import type { ShardKey, ShardKeyParts } from './series-keys.ts'
import { halfYearOf, SeriesList } from './series-list.ts'
import { allowedLoss, forgetLoss } from './series-loss.ts'
import { forgetOpening, headCheckpoint, headEntry, keepOpening, keptOpening } from './series-opening.ts'
import type { Opening, Predecessor } from './series-opening.ts'
import { noteSigner, seedKey } from './signer.ts'

/** What `openSeries` decides and tests decide otherwise. */
export interface SeriesInside {
  openLedger(options: LedgerOptions): Promise<Ledger>
  readonly openEngine: OpenEngine
  readonly limits: LedgerLimits
}

/** The log that takes entries. */
export interface CurrentShard {
  readonly shard: Shard
  readonly ledger: Ledger
  readonly key: ShardKey
}

/** A log that is ready to begin and that no list names yet. */
export type Prepared = Pick<Shard, 'origin' | 'vkeys'>

/** Why a log ended, and in the words of whoever asked for it. */
export type Why = Pick<Predecessor, 'why' | 'reason'>

/** The name of a log in its series: `2026h2`, or `2026h2-2` for the second one of that half-year. */
export function labelOf(series: string, { origin }: Pick<Shard, 'origin'>): string {
  return origin.slice(series.length + 1)
}

/** The list of a series with the folders and keys of its logs: every step of a turn, each durable when it returns. */
export class Shards {
  readonly list: SeriesList
  readonly listSigner: NoteSigner
  #options: SeriesOptions
  #inside: SeriesInside
  /** Keys of the log that is to begin: a token that made them need not be asked for them again. */
  #prepared: ShardKey | undefined

  private constructor(options: SeriesOptions, inside: SeriesInside, list: SeriesList, signer: NoteSigner) {
    this.#options = options
    this.#inside = inside
    this.list = list
    this.listSigner = signer
  }

  /** Reads the list, or begins it with a first log. Throws `ledger.corrupt` and `ledger.other-log`. */
  static async open(options: SeriesOptions, inside: SeriesInside): Promise<Shards> {
    const { directory, name, guard, keyring, onFailure } = options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const listName = `${name}${shardListSuffix}`
    const signer = noteSigner(listName, seedKey('ed25519', keyring.derive(`ledger.list ${name}`)))
    const open = async () => await SeriesList.open({ directory, signer, guard, onFailure })
    const shards = new Shards(options, inside, await open(), signer)
    if (shards.list.shards.length > 0) return shards
    try {
      await shards.#beginList()
      return shards
    } catch (error) {
      // Of several processes that begin at once, one was faster: its list counts.
      const list = options.shared === true ? await open() : shards.list
      if (list.shards.length === 0) throw error
      return new Shards(options, inside, list, signer)
    }
  }

  get #shared(): boolean {
    return this.#options.shared === true
  }

  get last(): Shard {
    return this.list.shards.at(-1)!
  }

  directoryOf({ origin }: Pick<Shard, 'origin'>): string {
    return join(this.#options.directory, labelOf(this.#options.name, { origin }))
  }

  async openFrozen(shard: Shard): Promise<Ledger> {
    if (shard.state === 'lost' && !this.#isThere(shard)) {
      throw new Fault('ledger.lost', { detail: `nothing of ${shard.origin} is left`, where: shard.origin })
    }
    return await openFrozen(shard, this.#frozenParts(shard))
  }

  /** Entries that are left of a lost log. */
  async countKept(shard: Shard): Promise<number> {
    if (!this.#isThere(shard)) return 0
    await using ledger = await openFrozen({ ...shard, state: 'lost' }, this.#frozenParts(shard))
    return ledger.size
  }

  /**
   * Opens the log that the list names last, for writing. Where it holds less than was signed and a person allowed it,
   * that log is closed as lost and a new one begins.
   */
  async openLast(): Promise<CurrentShard> {
    const { directory } = this.#options
    const reason = await allowedLoss(directory)
    const opened = await this.#openLast().catch(async (error: unknown) => {
      if (reason === undefined || !(Fault.is(error) && error.code === 'ledger.rolled-back')) throw error
      await this.#endByLoss(reason, error)
      return await this.#openLast()
    })
    if (reason !== undefined) await forgetLoss(directory)
    return opened
  }

  /** A name that was never used, and keys. An attempt that was cut off before is taken up again. */
  async prepare(): Promise<Prepared> {
    const { name, clock, guard } = this.#options
    const before = this.list.shards.length === 0 ? '' : labelOf(name, this.last).slice(0, 6)
    const now = halfYearOf(clock.now())
    const period = now > before ? now : before
    for (let number = 1; ; number++) {
      const origin = `${name}/${number === 1 ? period : `${period}-${number}`}`
      if (this.list.shards.some((shard) => shard.origin === origin)) continue
      // A name that the guard knows was used by a log that was lost with its list.
      if ((await guard.read(origin)) !== undefined) continue
      this.#prepared = await makeShardKey(this.#keyParts(origin))
      const { signer } = this.#prepared
      return { origin, vkeys: [signer.vkey, ...(signer.second === undefined ? [] : [signer.second.vkey])] }
    }
  }

  /** Keeps what the next log will begin with: the head of this one. */
  async keepOpening(next: Prepared, why: Why, checkpoint: string): Promise<void> {
    await this.#keepOpening(next, why, { checkpoint: headCheckpoint(checkpoint) })
  }

  /** The turn itself: from here on the last log has ended at that checkpoint, and the next one is open. */
  async turn(next: Prepared, checkpoint: string): Promise<void> {
    await this.#end('frozen', this.#endAt(checkpoint), next, 0)
  }

  async markPruned(shard: Shard): Promise<void> {
    const shards = this.list.shards.map((each) =>
      each.origin === shard.origin ? { ...each, state: 'pruned' as const } : each,
    )
    await this.list.save(shards)
  }

  /** Does for a log that has ended what the end of the process may have cut off. */
  async tidy(shard: Shard): Promise<void> {
    const directory = this.directoryOf(shard)
    await this.#destroyKey(shard).catch((error: unknown) => {
      // A token that lets nobody delete its keys keeps no node from starting; it is told at each start.
      if (!Fault.is(error, 'ledger.signer')) throw error
      this.#options.onFailure(error)
    })
    if (shard.state === 'pruned') await deleteEntries(directory)
  }

  async #beginList(): Promise<void> {
    const { directory } = this.#options
    const names = await readdir(directory)
    const held = ['.', ...names].find((name) => existsSync(join(directory, name, 'segments')))
    if (held !== undefined) {
      throw new Fault('ledger.other-log', {
        detail: 'there are logs here, but no list of them: neither beside them nor in the guard',
        where: join(directory, held),
        remedy: 'Restore the file `shards` of this folder or the folder of the guard from a backup.',
      })
    }
    const first = await this.prepare()
    await this.list.save([{ ...first, first: 0, state: 'open' }])
  }

  async #openLast(): Promise<CurrentShard> {
    const { cosignerOf, clock } = this.#options
    const shard = this.last
    const { origin, first } = shard
    const directory = this.directoryOf(shard)
    const key = await this.#openKey(shard)
    const opening = await keptOpening(directory)
    const cosigner = await cosignerOf?.(key.signer.vkey, () => this.list.note)
    const ledger = await this.#inside.openLedger({
      ...this.#options,
      directory,
      origin,
      first,
      signer: key.signer,
      ...(cosigner === undefined ? {} : { cosigner }),
      ...(opening === undefined ? {} : { predecessor: opening.predecessor }),
    })
    try {
      if (opening !== undefined) {
        if (ledger.size === 1) await ledger.write(headEntry(opening, timeText(clock.now())))
        await forgetOpening(directory)
      }
      return { shard, ledger, key }
    } catch (error) {
      await ledger[Symbol.asyncDispose]()
      throw error
    }
  }

  async #openKey({ origin, vkeys }: Shard): Promise<ShardKey> {
    const vkey = vkeys[0]!
    if (this.#prepared?.signer.vkey === vkey) return this.#prepared
    const key = await openShardKey(this.#keyParts(origin), vkey)
    if (key !== undefined) return key
    throw new Fault('ledger.rolled-back', {
      detail: `the list names the log ${origin}, but its key ${keyIdOf(vkey)} is not in the folder`,
      where: this.directoryOf({ origin }),
      remedy: 'Restore the newer data folder. Where the key lies in a token, AMBIT_LOG_KEY has to name it.',
    })
  }

  /** Also of a log of which only the list tells: then nothing is there to be deleted. */
  async #destroyKey({ origin, vkeys }: Shard): Promise<void> {
    await destroyShardKey(this.#keyParts(origin), vkeys[0]!)
  }

  #keyParts(origin: string): ShardKeyParts {
    const { keyring, token, clock } = this.#options
    const directory = this.directoryOf({ origin })
    return { directory, origin, keyring, token, shared: this.#shared, clock }
  }

  /** Throws the fault itself where nothing is known of what was lost. */
  async #endByLoss(reason: string, fault: Fault): Promise<void> {
    const shard = this.last
    const known = await this.#options.guard.read(shard.origin)
    if (known === undefined) throw fault
    const kept = await this.countKept(shard)
    const next = await this.prepare()
    const checkpoint = headCheckpoint(known.checkpoint)
    await this.#keepOpening(next, { why: 'loss', reason }, { checkpoint, lost: { kept } })
    await this.#end('lost', this.#endAt(known.checkpoint), next, kept)
    await this.#destroyKey(shard)
  }

  async #keepOpening(next: Prepared, why: Why, head: Opening['head']): Promise<void> {
    const { origin, vkeys } = this.last
    const { why: cause, reason } = why
    const predecessor = { origin, vkey: vkeys[0]!, why: cause, ...(reason === undefined ? {} : { reason }) }
    await keepOpening(this.directoryOf(next), { predecessor, head })
  }

  /** `sizeMin`: entries beyond the last checkpoint keep their positions. */
  async #end(state: 'frozen' | 'lost', end: ShardEnd, next: Prepared, sizeMin: number): Promise<void> {
    const ending = { ...this.last, state, end }
    const first = ending.first + Math.max(end.size, sizeMin)
    await this.list.save([...this.list.shards.slice(0, -1), ending, { ...next, first, state: 'open' }])
  }

  #endAt(checkpoint: string): ShardEnd {
    const parsed = parseCheckpoint(checkpoint)
    if (!parsed.ok) throw new RangeError(parsed.reason)
    const { size, root } = parsed.checkpoint
    return { size, root, at: timeText(this.#options.clock.now()) }
  }

  #isThere(shard: Shard): boolean {
    return existsSync(join(this.directoryOf(shard), 'segments'))
  }

  #frozenParts(shard: Shard): FrozenParts {
    const { guard, clock, onFailure } = this.#options
    const { openEngine, limits } = this.#inside
    return { directory: this.directoryOf(shard), guard, clock, onFailure, openEngine, limits }
  }
}
