import type { Metrics } from '../kernel/metrics.ts'
import { giveUpMs, step } from './attempt.ts'
import type { AttemptParts, Outcome } from './attempt.ts'
import type { ChannelRow, NoticeRow } from './channel-store.ts'
import { Lanes } from './lanes.ts'
import { noticeId, rankOf } from './notice.ts'
import type { Notice } from './notice.ts'

/** What waits for one channel at a time; who is asked more than that does not need to be told of it. */
const waitingMax = 1000

export interface CourierParts extends Omit<AttemptParts, 'count' | 'stop'> {
  readonly metrics: Metrics
}

/** Takes notices for channels and delivers each at least once, by one replica at a time, over a restart. */
export interface Courier {
  tell(channel: ChannelRow, notice: Notice): Promise<void>
  /** Takes up what was left; also what other replicas left that ended. */
  look(): Promise<void>
  wake(channel: string, person: string): void
  close(): Promise<void>
}

export function createCourier(parts: CourierParts): Courier {
  const { store, clock, log, metrics } = parts
  const counter = metrics.counter('ambit_notifications_total', 'What came of telling people.', [
    'kind',
    'outcome',
  ])
  const count = (kind: string, outcome: Outcome): void => void (counter.series(kind, outcome).value += 1)
  const stop = new AbortController()
  const attempts: AttemptParts = { ...parts, count, stop: stop.signal }
  const lanes = new Lanes(clock, async (channel) => await step(attempts, channel))

  return {
    async tell(channel, notice) {
      if ((await store.waitingCount(channel.id)) >= waitingMax) {
        count(channel.kind, 'full')
        log.warn('channel.full', { channel: channel.id, type: notice.type })
        return
      }
      await store.enqueue(rowOf(parts, channel, notice))
      lanes.wake(channel.id, channel.person)
    },
    async look() {
      for (let after = ''; ;) {
        const page = await store.lanes(after)
        for (const { channel, person } of page) lanes.wake(channel, person)
        const last = page.at(-1)
        if (last === undefined) return
        after = last.channel
      }
    },
    wake: (channel, person) => lanes.wake(channel, person),
    async close() {
      stop.abort()
      await lanes.close()
    },
  }
}

function rowOf({ keyring, clock }: CourierParts, channel: ChannelRow, notice: Notice): NoticeRow {
  const id = noticeId(notice, channel.id)
  const now = clock.now()
  return {
    id,
    channel: channel.id,
    person: channel.person,
    type: notice.type,
    about: notice.about,
    rank: rankOf(notice),
    at: now,
    body: keyring.seal('channel.notice', id, JSON.stringify(notice)),
    state: 'waiting',
    next: now,
    expires: now + giveUpMs,
    attempts: 0,
    quiet: 0,
  }
}
