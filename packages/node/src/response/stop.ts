import { canonicalJson } from '@ambit/core/canonical'
import type { Reason } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { StopLeaf } from '@ambit/core/leaf'
import { mayLift, reaches } from '../authority/authority.ts'
import type { Stop, StoppableAct, Stops } from '../authority/authority.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import { reachedText } from './reached.ts'
import { subjectOf } from './stop-subject.ts'
import type { StopOrder, StopSubjectParts } from './stop-subject.ts'

export interface StoppingParts extends StopSubjectParts {
  readonly stops: Stops
  /** Ends the acts under way that match, their children included; gives their ids. The gateway's. */
  readonly stopActs: (matches: (act: StoppableAct) => boolean, why: Reason) => readonly string[]
  /** Ends what waits for a person or in the outbox; gives how many. The approvals'. */
  readonly voidWaiting: (
    organization: string,
    matches: (act: StoppableAct) => boolean,
    why: Reason,
  ) => Promise<number>
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly log: Log
  readonly clock: Clock
  readonly ids: Ids
  /** Name of this gateway in the leaf: the origin of its activity log. */
  readonly gateway: string
}

/** What a stop reached when it was set. */
export interface Stopped {
  readonly stop: Stop
  /** Acts under way that it ended on this gateway. */
  readonly stopped: number
  readonly acts: readonly string[]
  readonly tookMs: number
}

/** Pulling the plug, and putting it back in. */
export interface Stopping extends AsyncDisposable {
  /**
   * Kept, in force, everything in flight that it reaches ended, and the proof of how far it reached durable: then it
   * returns. Should the log fail, the stop holds all the same. Throws `stop.invalid`, `stop.not-yours`, `stop.too-many`,
   * `input.not-found`.
   */
  stop(caller: Caller, order: StopOrder): Promise<Stopped>
  /** Throws `auth.session-only`, `input.not-found`, `stop.not-yours`, `stop.lifted`. */
  lift(caller: Caller, id: string): Promise<Stop>
  /** At start: writes the leaves of stops that the node did not come to write; they held all the time. */
  recover(): Promise<void>
}

export function createStopping(parts: StoppingParts): Stopping {
  const { stops, clock, ids, log, leaves } = parts
  let settling: Promise<unknown> = Promise.resolve()

  /** In one turn: nothing that it reaches begins, and what is under way ends. */
  function endActs(stop: Stop): readonly string[] {
    return parts.stopActs((act) => reaches(stop, act), whyOf(stop))
  }

  async function prove(stop: Stop, acts: readonly string[]): Promise<void> {
    const at = clock.now()
    const text = reachedText(parts.gateway, acts, (reached) => leafOf(stop, 'stopped', at, stop.by, reached))
    const leaf = await leaves.write(text)
    afterwards('stop.not-noted', stop, stops.store.logged(stop.id, leaf))
  }

  /** Nobody waits for it but the end of the node. */
  function afterwards(event: string, { id }: Stop, doing: Promise<unknown>): void {
    const done = doing.catch((error: unknown) => log.error(event, { id, error: String(error) }))
    settling = Promise.all([settling, done])
  }

  stops.heard((stop) => {
    // Set on another replica, which voids what waits; here it ends what is under way, and says so where there was any.
    const acts = endActs(stop)
    if (acts.length === 0) return
    prove(stop, acts).catch((error: unknown) =>
      log.error('stop.not-logged', { id: stop.id, error: String(error) }),
    )
  })

  return {
    async stop(caller, order) {
      const startedAt = clock.monotonicMs()
      const { subject, name } = await subjectOf(parts, caller, order)
      const stop = await stops.begin({
        id: namedId(ids, 'st'),
        organization: caller.organization,
        what: order.what,
        subject,
        name,
        by: caller.person,
        at: clock.now(),
        note: order.note?.toWellFormed() ?? null,
      })
      const acts = endActs(stop)
      stops.announce(stop)
      await prove(stop, acts)
      // What waits under it could not be performed anyway.
      const reached = (act: StoppableAct) => reaches(stop, act)
      afterwards('stop.not-voided', stop, parts.voidWaiting(stop.organization, reached, whyOf(stop)))
      const tookMs = Math.round((clock.monotonicMs() - startedAt) * 10) / 10
      return { stop, stopped: acts.length, acts, tookMs }
    },
    async lift(caller, id) {
      if (caller.by !== 'session')
        throw new Fault('auth.session-only', { detail: 'a token can stop, but not let go on' })
      const row = await stops.store.find(id)
      if (row === undefined || row.organization !== caller.organization)
        throw new Fault('input.not-found', { detail: 'there is no such stop' })
      if (!mayLift(caller, row))
        throw new Fault('stop.not-yours', { detail: 'only whoever set it, or an owner, lifts a stop' })
      if (row.lifted !== null)
        throw new Fault('stop.lifted', { detail: 'somebody lifted it before', where: id })
      // The log first: what widens is on record before it is in force.
      await leaves.write(canonicalJson(leafOf(row, 'lifted', clock.now(), caller.person)))
      await stops.end(row, caller.person)
      return row
    },
    async recover() {
      for (const stop of await stops.store.unlogged()) await prove(stop, [])
    },
    async [Symbol.asyncDispose]() {
      await settling
    },
  }
}

/** What is said of an act that it ends. */
export function whyOf({ id, by, at }: Stop): Reason {
  const what = `stopped by ${by} at ${timeText(at)}`
  return { code: 'user.stopped', rule: id, what, howToAsk: 'Ask them, or an owner, to lift the stop.' }
}

function leafOf(
  stop: Stop,
  step: StopLeaf['step'],
  at: number,
  person: string,
  reached?: NonNullable<StopLeaf['reached']>,
): StopLeaf {
  return {
    v: 1,
    kind: 'stop',
    at: timeText(at),
    stop: stop.id,
    step,
    what: stop.what,
    ...(stop.subject === null ? {} : { subject: stop.subject }),
    ...(stop.name === null ? {} : { name: stop.name }),
    organization: stop.organization,
    person,
    ...(reached === undefined ? {} : { reached }),
  }
}
