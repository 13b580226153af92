import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { Leaf } from '@ambit/core/leaf'
import { handClock } from '@ambit/testkit/clock'
import { createLocalBus } from '../bus/local.ts'
import type { ContentField } from '../contents/contents.ts'
import { createIds } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import type { Follower } from '../ledger/ledger.ts'
import type { Store } from '../store/store.ts'
import { at, notes } from './outbox-fixture.ts'
import { openOutbox } from './outbox.ts'
import type { UndoingAct, UndoingEnd } from './outbox.ts'

/** A log in memory, contents in memory, and a gateway that does what the test says. */
export async function world(store: Store) {
  const clock = handClock(at + 10_000)
  const bus = createLocalBus(silentLog)
  const entries: Uint8Array[] = []
  const followers: Follower[] = []
  const performed: UndoingAct[] = []
  const vetoed: string[] = []
  const contents = new Map<string, ReadonlyMap<ContentField, Buffer>>()
  const state = { end: { status: 'completed', result: {} } as UndoingEnd, target: notes, erased: false }
  const told: unknown[] = []
  bus.subscribe('feed.new', (message) => told.push(message))
  const open = async () =>
    await openOutbox({
      store,
      bus,
      clock,
      log: silentLog,
      ids: createIds(clock),
      ledger: {
        name: 'test/activity',
        get size() {
          return entries.length
        },
        settle: async () => undefined,
        follow(follower) {
          followers.push(follower)
          return true
        },
        async *entries(from) {
          for (let index = from; index < entries.length; index++) yield { index, entry: entries[index]! }
        },
      },
      leaves: { write: async () => 0 },
      settle: async () => undefined,
      keepMs: 86_400_000,
      target: () => state.target,
      record: () => undefined,
      personName: async () => 'Olga',
      purpose: () => undefined,
      approval: async () => undefined,
      contents: {
        async read({ act }) {
          if (state.erased) throw new Fault('contents.erased', { detail: 'gone' })
          return { saltKey: undefined, fields: contents.get(act) ?? new Map(), damaged: false }
        },
      },
      holderOf: async (links) =>
        links.includes('m_gone') ? undefined : ({ key: 'did:key:zAgent' } as UndoingAct['holder']),
      veto: async (_caller, id) => void vetoed.push(id),
      async perform(undoing) {
        performed.push(undoing)
        return state.end
      },
    })
  const outbox = await open()
  return {
    clock,
    bus,
    state,
    open,
    parts: outbox.parts,
    performed,
    vetoed,
    told,
    outbox,
    write: (...leaves: readonly Leaf[]) => {
      for (const leaf of leaves) {
        const entry = Buffer.from(canonicalJson(leaf))
        entries.push(entry)
        for (const follower of followers) follower(entries.length - 1, entry, 0, entry.length)
      }
    },
    said: (act: string, id: unknown) => {
      contents.set(
        act,
        new Map([
          ['arguments', Buffer.from('{"text":"hello"}')],
          ['result', Buffer.from(JSON.stringify({ structuredContent: { id } }))],
        ]),
      )
    },
  }
}
