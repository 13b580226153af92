import type { SignedRuling } from '@ambit/core/ruling'
import type { Room } from './room.ts'
import type { Held } from './roster.ts'
import { issue } from './steps.ts'

/** A bill of materials that reaches further than this is looked through no more. */
const dependantsMax = 1000

export interface Dependant {
  readonly record: string
  readonly slug: string
  readonly organization: string
  /** Id of the advisory. */
  readonly ruling: string
}

/** Records, of any organisation, that are made of these versions, or of something that is. */
function dependantsOf(room: Room, held: Held, digests: readonly string[]): Held[] {
  const found = new Map<string, Held>()
  const queue = [...digests]
  for (const digest of queue) {
    for (const each of room.roster.madeOf([digest])) {
      if (each.id === held.id || found.has(each.id) || found.size >= dependantsMax) continue
      found.set(each.id, each)
      queue.push(each.target.digest)
    }
  }
  return [...found.values()]
}

/**
 * Rules an advisory on every record that lists a recalled version in its bill of materials, so that its people hear of
 * it. Nothing is told to the one of the other: the advisory names the version, which the dependant knew already.
 */
export async function adviseDependants(room: Room, { body }: SignedRuling): Promise<readonly Dependant[]> {
  const { record, digests } = body.subject
  const held = room.roster.byId(record)
  if (held === undefined) return []
  const advised: Dependant[] = []
  for (const each of dependantsOf(room, held, digests)) {
    const word = body.kind === 'takedown' ? 'taken down' : 'recalled'
    const ruling = await issue(room, each, 'advisory', [each.target.digest], {
      note: `something it is made of was ${word}${body.note === undefined ? '' : `: ${body.note}`}`.slice(
        0,
        2000,
      ),
      basis: ['supplies', body.id],
      evidence: digests.slice(0, 50),
    })
    const { id } = ruling.body
    const { organization, slug } = each
    room.bus.publish('record.advisory', { record: each.id, slug, organization, ruling: id })
    advised.push({ record: each.id, slug, organization, ruling: id })
  }
  return advised
}
