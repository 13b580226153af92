import type { Log } from '../kernel/log.ts'
import type { Replicas } from '../replica/replica.ts'
import type { ChannelRow, ChannelStore, NoticeRow } from './channel-store.ts'
import type { Hearers } from './hearers.ts'
import { messageOf } from './message.ts'
import type { Notice } from './notice.ts'
import { send } from './sending.ts'
import type { Sent, SendingParts } from './sending.ts'

/** Pauses between attempts double from the first to the last of these, each with chance in it. */
const firstPauseMs = 1000
const lastPauseMs = 15 * 60_000
/** After so long it is given up: what waits still stands in the console. */
export const giveUpMs = 86_400_000
/** When the store does not answer, or another replica sends to that channel. */
const busyPauseMs = 2000

export type Outcome = 'taken' | 'failed' | 'gone' | 'stale' | 'given-up' | 'full'

export interface AttemptParts extends SendingParts {
  readonly store: ChannelStore
  readonly hearers: Pick<Hearers, 'quietUntil' | 'changed'>
  /**
   * Until when it makes sense to tell a person of it, in ms; undefined: not any more, because it was decided or is over.
   */
  readonly aliveUntil: (notice: Notice) => Promise<number | undefined>
  /** Whether somebody is a person who may sign in. */
  readonly mayHear: (person: string) => Promise<boolean>
  readonly replicas: Pick<Replicas, 'self' | 'gone'>
  readonly count: (kind: ChannelRow['kind'], outcome: Outcome) => void
  readonly log: Log
  /** Aborted when the node stops. */
  readonly stop: AbortSignal
}

/** One attempt; the pause until the next look in ms, undefined when nothing is left. Never rejects. */
export async function step(parts: AttemptParts, id: string): Promise<number | undefined> {
  const { store, log, replicas, stop } = parts
  try {
    const channel = await store.find(id)
    if (channel === undefined || stop.aborted) return undefined
    if (!(await claim(parts, channel))) return busyPauseMs
    try {
      return await attempt(parts, channel)
    } finally {
      await store.claim(id, replicas.self, null)
    }
  } catch (error) {
    log.error('channel.step-failed', { channel: id, error: String(error) })
    return busyPauseMs
  }
}

/** One look at what waits, and one attempt when something is due. */
async function attempt(parts: AttemptParts, channel: ChannelRow): Promise<number | undefined> {
  const { store, clock } = parts
  const now = clock.now()
  if (!(await parts.mayHear(channel.person))) {
    await store.remove(channel.id, channel.person)
    return undefined
  }
  const until = parts.hearers.quietUntil(channel.person, now)
  if (until !== undefined) await store.keep(channel.id, until, until + giveUpMs)
  const rows = await store.waiting(channel.id)
  const late = rows.filter(({ expires }) => expires <= now)
  await drop(parts, channel, late, 'given-up')
  const left = rows.filter(({ expires }) => expires > now)
  const due = dueOf(left, now)
  if (due.length === 0) {
    const next = Math.min(...left.map((row) => row.next).filter((at) => at > now))
    return left.length === 0 ? undefined : Math.max(1, next - now)
  }
  return await deliver(parts, channel, due)
}

async function drop(
  { store, count, log }: AttemptParts,
  channel: ChannelRow,
  rows: readonly NoticeRow[],
  outcome: Outcome,
): Promise<void> {
  await store.settle(
    rows.map(({ id }) => id),
    'dropped',
  )
  for (const { id } of rows) {
    count(channel.kind, outcome)
    log.info('channel.dropped', { channel: channel.id, notice: id, outcome })
  }
}

async function deliver(parts: AttemptParts, channel: ChannelRow, due: readonly NoticeRow[]): Promise<number> {
  const { clock } = parts
  // What was kept over quiet hours is told together.
  const kept = due.filter(({ quiet }) => quiet === 1)
  const rows = kept.length > 0 ? kept : due.slice(0, 1)
  const opened = rows.map((row) => ({ row, id: row.id, notice: openNotice(parts, row) }))
  const alive: ((typeof opened)[number] & { until: number })[] = []
  for (const one of opened) {
    const until = channel.kind === 'webhook' ? one.row.expires : await parts.aliveUntil(one.notice)
    if (until !== undefined && until > clock.now()) alive.push({ ...one, until })
    else await drop(parts, channel, [one.row], 'stale')
  }
  if (alive.length === 0) return 0
  const aliveMs = Math.max(...alive.map(({ until }) => until)) - clock.now()
  const sent = await send(parts, channel, messageOf(alive), aliveMs, parts.stop)
  return await settle(
    parts,
    channel,
    alive.map(({ row }) => row),
    sent,
  )
}

async function settle(
  parts: AttemptParts,
  channel: ChannelRow,
  rows: readonly NoticeRow[],
  sent: Sent,
): Promise<number> {
  const { store, clock, log } = parts
  const ids = rows.map(({ id }) => id)
  if (sent.end === 'given-up') return busyPauseMs
  parts.count(channel.kind, sent.end)
  if (sent.end === 'taken') {
    await store.settle(ids, 'sent')
    await store.noteSent(channel.id, clock.now())
  } else if (sent.end === 'gone') {
    await store.remove(channel.id, channel.person)
    await parts.hearers.changed(channel.person)
    log.info('channel.gone', { channel: channel.id, person: channel.person })
  } else {
    const attempts = Math.max(...rows.map((row) => row.attempts)) + 1
    const next = clock.now() + (sent.waitMs ?? pauseMs(parts, attempts))
    await store.again(ids, attempts, next)
    if (sent.all) await store.rest(channel.id, next)
    await store.noteFailure(channel.id, clock.now(), sent.why)
    log.warn('channel.not-taken', { channel: channel.id, why: sent.why, attempts })
  }
  return 0
}

/** A replica that ended holds no channel. */
async function claim({ store, replicas }: AttemptParts, { id, busy_by }: ChannelRow): Promise<boolean> {
  if (busy_by === replicas.self) return true
  if (busy_by !== null && (await replicas.gone([busy_by])).length === 0) return false
  return await store.claim(id, busy_by, replicas.self)
}

/**
 * Those whose time has come, and before which nothing about the same thing waits; of what was kept over quiet hours, all.
 */
function dueOf(rows: readonly NoticeRow[], now: number): NoticeRow[] {
  const blocked = new Set<string>()
  const due = new Set<NoticeRow>()
  for (const row of rows.toSorted((left, right) => left.rank - right.rank)) {
    const isDue = row.next <= now && !blocked.has(row.about)
    if (isDue) due.add(row)
    if (!isDue || row.quiet === 0) blocked.add(row.about)
  }
  return rows.filter((row) => due.has(row))
}

/** Waits, so it has its body; what opens was sealed here, for this row. */
function openNotice({ keyring }: AttemptParts, { id, body }: NoticeRow): Notice {
  return JSON.parse(keyring.open('channel.notice', id, body!).toString('utf8')) as Notice
}

/** Full jitter above a half: receivers that come back are not met by everyone at once. */
function pauseMs({ clock }: AttemptParts, attempts: number): number {
  const whole = Math.min(lastPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 20))
  return Math.round(whole / 2 + (whole / 2) * (clock.random(4).readUInt32BE() / 2 ** 32))
}
