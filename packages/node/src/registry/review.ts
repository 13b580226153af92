import { canonicalJson } from '@ambit/core/canonical'
import type { RightsLeaf } from '@ambit/core/leaf'
import { timeText } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Caller } from '../kernel/route.ts'
import type { CommentRow } from './life-store.ts'
import { mustFind } from './room.ts'
import type { Room } from './room.ts'

/** A page of the console. */
const rowsMax = 200

/** What people say of a version before it comes into use, and how many of them it takes. */
export interface Review {
  comment(slugOrId: string, caller: Caller, text: string): Promise<CommentRow>
  /** Newest first. */
  comments(slugOrId: string, organization: string): Promise<readonly CommentRow[]>
  /** Whether who submits may not be the one who activates. */
  wantsTwoPeople(organization: string): Promise<boolean>
  /** On record before it is in force: who may put a version in force alone is a right. */
  setTwoPeople(caller: Pick<Caller, 'organization' | 'person'>, wanted: boolean): Promise<void>
}

export function createReview(room: Room): Review {
  const { rows } = room.life
  return {
    async comment(slugOrId, { organization, person }, text) {
      const held = mustFind(room, slugOrId, organization)
      const row: CommentRow = {
        id: namedId(room.ids, 'c'),
        record: held.id,
        organization,
        person,
        version: held.versions.at(-1)?.version ?? held.target.version,
        text,
        at: room.clock.now(),
      }
      await rows.comment(row)
      room.bus.publish('record.changed', { slug: held.slug, record: held.id })
      return row
    },
    async comments(slugOrId, organization) {
      const { id } = mustFind(room, slugOrId, organization)
      // Words of people of a former keeper are not for the next one.
      return (await rows.comments(id, rowsMax)).filter((each) => each.organization === organization)
    },
    wantsTwoPeople: async (organization) => await rows.wantsTwoPeople(organization),
    async setTwoPeople({ organization, person }, wanted) {
      if ((await rows.wantsTwoPeople(organization)) === wanted) return
      const at = timeText(room.clock.now())
      const people = wanted ? 2 : 1
      const leaf = {
        v: 1,
        kind: 'rights',
        at,
        organization,
        person,
        by: person,
        what: 'review-changed',
        people,
      } as const
      await room.activity.write(canonicalJson(leaf satisfies RightsLeaf))
      await rows.setTwoPeople(organization, wanted)
    },
  }
}
