import { Fault } from '@ambit/core/fault'
import type { Bus } from '../bus/bus.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { createLifeStore } from './life-store.ts'
import type { HoldRow, LifeStore, TakedownRow } from './life-store.ts'
import type { Room } from './room.ts'
import type { Store } from '../store/store.ts'

/** Names that are kept free and records that were taken down: few, so all of them are in memory. */
export interface LifeBook {
  readonly rows: LifeStore
  /** Where a name that was given up points to, while it is kept free. */
  holdOf(organization: string, slug: string): HoldRow | undefined
  /** The same of one whose time is over too. */
  formerOf(organization: string, slug: string): HoldRow | undefined
  /** Undefined: the record was not taken down, or it was lifted. */
  takedownOf(record: string): TakedownRow | undefined
  takedowns(): Iterable<TakedownRow>
  hold(row: HoldRow): Promise<void>
  release(organization: string, slug: string): Promise<void>
  takeDown(row: TakedownRow): Promise<void>
  lift(row: TakedownRow, at: number): Promise<void>
  /** Hears what other replicas change, after the records themselves; the returned function ends it. */
  follow(): () => void
}

/** Told to every replica: a name was kept free or let go, or a record taken down or lifted. */
const changedSubject = 'registry.life'

export interface LifeParts {
  readonly store: Store
  readonly bus: Bus
  readonly clock: Clock
}

/** Loads what is in force, after the migrations of the registry. */
export async function openLifeBook({ store, bus, clock }: LifeParts): Promise<LifeBook> {
  const rows = createLifeStore(store)
  let holds = new Map<string, HoldRow>()
  let down = new Map<string, TakedownRow>()
  async function load(): Promise<void> {
    const held = await rows.holds()
    const taken = await rows.takedowns()
    holds = new Map(held.map((row) => [keyOf(row.organization, row.slug), row]))
    down = new Map(taken.map((row) => [row.record, row]))
  }
  await load()
  const tell = (record: string) => bus.publish(changedSubject, { record })
  return {
    rows,
    holdOf(organization, slug) {
      const row = holds.get(keyOf(organization, slug))
      return row !== undefined && row.until > clock.now() ? row : undefined
    },
    formerOf: (organization, slug) => holds.get(keyOf(organization, slug)),
    takedownOf: (record) => down.get(record),
    takedowns: () => down.values(),
    async hold(given) {
      const before = holds.get(keyOf(given.organization, given.slug))
      const row = { ...given, until: Math.max(given.until, before?.until ?? 0) }
      await rows.hold(row)
      holds.set(keyOf(row.organization, row.slug), row)
      tell(row.record)
    },
    async release(organization, slug) {
      await rows.release(organization, slug)
      holds.delete(keyOf(organization, slug))
      tell('')
    },
    async takeDown(row) {
      await rows.takeDown(row)
      down.set(row.record, row)
      tell(row.record)
    },
    async lift(row, at) {
      await rows.lift(row.id, at)
      down.delete(row.record)
      tell(row.record)
    },
    follow() {
      const ends = [
        bus.subscribe(changedSubject, (_message, _subject, from) => {
          if (from === 'elsewhere') load().catch((error: unknown) => bus.missed(error))
        }),
        bus.onGap(load),
      ]
      return () => {
        for (const end of ends) end()
      }
    },
  }
}

function keyOf(organization: string, slug: string): string {
  return `${organization}/${slug}`
}

/** Throws `record.taken-down`: until it is lifted nobody but those who run the node changes anything of it. */
export function refuseTakenDown(
  life: LifeBook,
  { id, slug }: { readonly id: string; readonly slug: string },
): void {
  const row = life.takedownOf(id)
  if (row === undefined) return
  throw new Fault('record.taken-down', {
    detail: `taken down on ${timeText(row.taken)}: ${row.reason.slice(0, 300)}`,
    where: slug,
  })
}

/**
 * Throws `record.name-held` for a name that was given up a short time ago, or that a mandate in force still says, but to the
 * record that had it: what somebody was allowed with one record is not handed to another by its name.
 */
export function refuseHeldName(
  { life, namedInMandates }: Pick<Room, 'life' | 'namedInMandates'>,
  organization: string,
  slug: string,
  record?: string,
): void {
  const row = life.formerOf(organization, slug)
  if (row === undefined || (record !== undefined && row.record === record)) return
  if (life.holdOf(organization, slug) !== undefined) {
    throw new Fault('record.name-held', {
      detail: `${slug} is kept free until ${timeText(row.until)}`,
      where: 'slug',
    })
  }
  const until = namedInMandates?.(organization).get(slug)
  if (until === undefined) return
  throw new Fault('record.name-held', {
    detail: `a mandate that is in force until ${timeText(until)} names ${slug}, which another record was called`,
    where: 'slug',
    remedy: 'Choose another name, or have the mandate revoked first.',
  })
}

/** A name that is given up and that a mandate in force says is nobody's until that mandate is over. */
export async function keepNamed(
  { life, namedInMandates }: Pick<Room, 'life' | 'namedInMandates'>,
  { organization, slug }: { readonly organization: string; readonly slug: string },
): Promise<void> {
  const until = namedInMandates?.(organization).get(slug)
  if (until !== undefined) await life.hold({ organization, slug, record: '', until })
}
