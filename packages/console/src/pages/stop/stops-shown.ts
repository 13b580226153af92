import type { Stop } from '../../api/stops.ts'
import type { Me } from '../../api/types.ts'

const order: readonly Stop['what'][] = ['everything', 'person', 'agent', 'mandate']

/** What reaches acts in the reader's name, what they set themselves, and for owners all of it. */
export function visibleTo(me: Me, stop: Stop): boolean {
  const own = me.person.id
  if (stop.by === own || me.roles.includes('owner')) return true
  if (stop.what === 'person') return stop.subject === own
  // Whose mandate it is the list does not say; its person is told, and others who may see it lose nothing.
  return stop.name === undefined || stop.name === own
}

/** The widest first, and of these the newest. */
export function gravestFirst(stops: readonly Stop[]): readonly Stop[] {
  return stops.toSorted(
    (left, right) => order.indexOf(left.what) - order.indexOf(right.what) || (left.at < right.at ? 1 : -1),
  )
}
