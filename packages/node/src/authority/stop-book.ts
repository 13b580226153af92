import type { StopLeaf } from '@ambit/core/leaf'

/** A person pulled the plug. In force until it is lifted. */
export interface Stop {
  readonly id: string
  readonly organization: string
  readonly what: StopLeaf['what']
  /** AIC of the agent (or did:key of a holder that is none), id of the mandate or of the person; null: everything. */
  readonly subject: string | null
  /** In whose name the acts are that it reaches; null: in anybody's of the organisation. */
  readonly name: string | null
  /** Principal id of whoever set it. */
  readonly by: string
  /** When, in ms. */
  readonly at: number
  readonly note: string | null
}

/** What a stop looks at of an act. */
export interface StoppableAct {
  readonly organization: string
  /** Principal id of the person in whose name it is. */
  readonly subject: string
  /** AIC or did:key of everyone who acts on its chain; the person may stand among them. */
  readonly callers: readonly string[]
  readonly links: readonly string[]
  /** AIC of what is called. */
  readonly targetId: string
}

/** Whether the stop ends the act: an agent's acts as caller and as callee, all below a mandate. */
export function reaches(stop: Stop, act: StoppableAct): boolean {
  if (stop.organization !== act.organization) return false
  if (stop.name !== null && stop.name !== act.subject) return false
  switch (stop.what) {
    case 'everything':
      return true
    case 'person':
      return stop.subject === act.subject
    case 'agent':
      return stop.subject === act.targetId || act.callers.includes(stop.subject ?? '')
    default:
      return act.links.includes(stop.subject ?? '')
  }
}

/** The stops in force, in memory. */
export interface StopBook {
  readonly size: number
  get(id: string): Stop | undefined
  add(stop: Stop): void
  remove(id: string): void
  /** Those that reach an act; undefined in the common case, and without looking at each. */
  reaching(act: StoppableAct): readonly Stop[] | undefined
  entries(): Iterable<Stop>
}

export function createStopBook(): StopBook {
  const stops = new Map<string, Stop>()
  // By what they are about: persons, agents, keys and mandates have ids that cannot be taken for one another.
  const bySubject = new Map<string, Stop[]>()

  function collect(subject: string, act: StoppableAct, found: Stop[] | undefined): Stop[] | undefined {
    let more = found
    for (const stop of bySubject.get(subject) ?? []) {
      if (reaches(stop, act) && more?.includes(stop) !== true) (more ??= []).push(stop)
    }
    return more
  }

  function remove(id: string): void {
    const stop = stops.get(id)
    if (stop === undefined) return
    stops.delete(id)
    const rest = bySubject.get(keyOf(stop))!.filter((other) => other !== stop)
    if (rest.length === 0) bySubject.delete(keyOf(stop))
    else bySubject.set(keyOf(stop), rest)
  }

  return {
    get size() {
      return stops.size
    },
    get: (id) => stops.get(id),
    entries: () => stops.values(),
    add(stop) {
      remove(stop.id)
      stops.set(stop.id, stop)
      bySubject.set(keyOf(stop), [...(bySubject.get(keyOf(stop)) ?? []), stop])
    },
    remove,
    reaching(act) {
      if (stops.size === 0) return undefined
      let found = collect(everythingOf(act.organization), act, undefined)
      found = collect(act.subject, act, found)
      found = collect(act.targetId, act, found)
      for (const caller of act.callers) found = collect(caller, act, found)
      for (const link of act.links) found = collect(link, act, found)
      return found
    },
  }
}

function keyOf(stop: Stop): string {
  return stop.subject ?? everythingOf(stop.organization)
}

/** No id of a person, an agent, a key or a mandate begins like this. */
function everythingOf(organization: string): string {
  return `organization\n${organization}`
}
