import type { Bus } from '../bus/bus.ts'
import type { ChannelReader, Wish } from './channel-store.ts'
import { defaultTopics } from './channel-row.ts'
import type { Topic } from './channel-row.ts'
import { quietUntil } from './quiet.ts'

/** Bus subject: a person changed their channels or wishes {person}. */
const channelSubject = 'channel.changed'

interface Hearer extends Pick<Wish, 'organization' | 'quiet' | 'tell'> {
  /** Whether they have any channel. */
  readonly reachable: boolean
}

/**
 * Who wants to hear what, and when not: in memory, for each person who has a channel or said a wish, so that what
 * nobody wants to hear costs nothing.
 */
export interface Hearers {
  wants(person: string, topic: Topic): boolean
  /** People who can be told anything at all. */
  reachable(): readonly string[]
  /** When a person's quiet hours end, in ms, where `now` lies in them. */
  quietUntil(person: string, now: number): number | undefined
  load(): Promise<void>
  /** Reads a person anew and tells the other replicas to do so. */
  changed(person: string): Promise<void>
  close(): void
}

export function createHearers(store: ChannelReader, bus: Bus): Hearers {
  let hearers = new Map<string, Hearer>()

  async function load(): Promise<void> {
    const next = new Map<string, Hearer>()
    for await (const { person, ...wish } of pages(async (after) => await store.wishes(after)))
      next.set(person, { ...wish, reachable: false })
    for await (const { person, organization } of pages(async (after) => await store.people(after)))
      next.set(person, hearer(next.get(person), organization))
    hearers = next
  }

  async function read(person: string): Promise<void> {
    const wish = await store.wish(person)
    const [channel] = await store.ofPerson(person)
    if (channel !== undefined) hearers.set(person, hearer(wish, channel.organization))
    else if (wish !== undefined) hearers.set(person, { ...wish, reachable: false })
    else hearers.delete(person)
  }

  const ends = [
    bus.onGap(load),
    bus.subscribe(channelSubject, ({ person }, _subject, from) => {
      if (from === 'here' || typeof person !== 'string') return
      read(person).catch((error: unknown) => bus.missed(error))
    }),
  ]

  return {
    wants(person, topic) {
      const known = hearers.get(person)
      return known !== undefined && known.reachable && known.tell.includes(topic)
    },
    reachable: () => [...hearers].filter(([, { reachable }]) => reachable).map(([person]) => person),
    quietUntil(person, now) {
      const quiet = hearers.get(person)?.quiet
      return quiet && quietUntil(quiet, now)
    },
    load,
    async changed(person) {
      await read(person)
      bus.publish(channelSubject, { person })
    },
    close() {
      for (const end of ends) end()
    },
  }
}

function hearer(wish: Pick<Wish, 'quiet' | 'tell'> | undefined, organization: string): Hearer {
  return { organization, quiet: wish?.quiet, tell: wish?.tell ?? defaultTopics, reachable: true }
}

async function* pages<Row extends { readonly person: string }>(
  page: (after: string) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  for (let after = ''; ;) {
    const rows = await page(after)
    const last = rows.at(-1)
    if (last === undefined) return
    yield* rows
    after = last.person
  }
}
