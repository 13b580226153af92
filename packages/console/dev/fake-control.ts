import type { FeedDay } from '../src/api/feed.ts'
import type { Rule, RuleTerms } from '../src/api/rules.ts'
import type { Stop, StopOrder } from '../src/api/stops.ts'
import type { Asked, Reply } from './fake-routes.ts'
import type { FakeState } from './fake-state.ts'

/** What the person set to hold agents back, and an empty feed. */
interface Control {
  readonly stops: Stop[]
  readonly rules: Rule[]
}

const controls = new WeakMap<FakeState, Control>()

function controlOf(state: FakeState): Control {
  const known = controls.get(state)
  if (known !== undefined) return known
  const fresh: Control = { stops: [], rules: [] }
  controls.set(state, fresh)
  return fresh
}

export function stops(
  { state, method, body }: Asked,
  id: string | undefined,
  verb: string | undefined,
): Reply {
  const control = controlOf(state)
  if (method === 'GET' && id === undefined) return { body: { stops: control.stops } }
  if (id === undefined) {
    const { what, subject, note } = body as StopOrder
    const { id: person } = state.me.person
    const named = what === 'person' ? (subject ?? person) : subject
    const stop: Stop = {
      id: `st_${control.stops.length}`,
      what,
      ...(named === undefined ? {} : { subject: named }),
      by: person,
      at: new Date().toISOString(),
      ...(note === undefined ? {} : { note }),
    }
    control.stops.unshift(stop)
    state.emit('stop', { id: stop.id, step: 'stopped' })
    return { status: 201, body: { stop, stopped: 0, acts: [], tookMs: 1.2 } }
  }
  const at = control.stops.findIndex((stop) => stop.id === id)
  if (at < 0 || verb !== 'lift') return undefined
  control.stops.splice(at, 1)
  state.emit('stop', { id, step: 'lifted' })
  return { body: { lifted: true } }
}

export function rules({ state, method, body }: Asked, id: string | undefined): Reply {
  const control = controlOf(state)
  if (method === 'GET') return { body: { rules: control.rules } }
  if (method === 'POST') {
    const made: Rule = {
      v: 1,
      type: 'rule',
      id: `ru_${control.rules.length}`,
      organization: state.me.organization.id,
      person: state.me.person.id,
      created: new Date().toISOString(),
      ...(body as RuleTerms),
    }
    control.rules.unshift(made)
    state.emit('rule', { id: made.id, step: 'set' })
    return { status: 201, body: made }
  }
  const at = control.rules.findIndex((rule) => rule.id === id)
  if (at < 0) return undefined
  control.rules.splice(at, 1)
  return { body: { removed: true } }
}

const dayMs = 86_400_000

export function feed({ query }: Asked, id: string | undefined): Reply {
  if (id === 'digest') return { body: { days: emptyDays(Number(query.get('days') ?? 7)) } }
  if (id === 'seen') return { body: { act: '' } }
  return { body: { entries: [], current: true } }
}

function emptyDays(count: number): readonly FeedDay[] {
  return Array.from({ length: count }, (_, back) => ({
    day: new Date(Date.now() - back * dayMs).toISOString().slice(0, 10),
    done: 0,
    undone: 0,
    failed: 0,
    refused: 0,
    declined: 0,
    waiting: 0,
    reads: 0,
  }))
}
