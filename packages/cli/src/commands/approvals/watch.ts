import { setTimeout as pause } from 'node:timers/promises'
import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { cardEntry } from './card-text.ts'

/** A node that went away for an update is back in about as long. */
const reconnectMs = 2000
/** What comes between a look and the opening of a stream is told by neither; so all is looked at again now and then. */
const lookEveryMs = 15_000
/** The newest of these; whoever has more waiting sees them with `ambit approvals`. */
const cardsMax = 200

/** Says what begins to wait, as it comes, until it is interrupted. */
export function watchCommand(approvals: Command, context: Context): void {
  context
    .command(approvals, 'watch', 'wait for what needs your decision, and ring the bell', 'approvals watch')
    .option('--once', 'end at the first')
    .addHelpText('after', '\nWith --json each is one line.')
    .action(async ({ once }: { once?: true }) => {
      const ambit = await context.ambit()
      await watch(context, ambit, once === true)
    })
}

async function watch(context: Context, ambit: Ambit, once: boolean): Promise<void> {
  let told: ReadonlySet<string> = new Set()
  for await (const _ of reasonsToLook(ambit)) {
    const { approvals: cards } = await ambit.approvals.list({ state: 'pending', limit: cardsMax })
    const fresh = cards.filter(({ id }) => !told.has(id)).toReversed()
    for (const card of fresh) {
      context.terminal.ring()
      context.tell({ text: `${cardEntry(context.terminal, card)}\n`, json: card })
    }
    if (once && fresh.length > 0) return
    // Only what still waits is kept in mind.
    told = new Set(cards.map(({ id }) => id))
  }
}

/** At the start, whenever the node says that something changed, after each new connection, and now and then. */
async function* reasonsToLook(ambit: Ambit): AsyncGenerator<undefined> {
  for (;;) {
    const gone = new AbortController()
    const events = ambit.events({ signal: gone.signal })
    let next = nextOf(events)
    let later = lookLater(gone.signal)
    try {
      yield
      for (;;) {
        const event = await Promise.race([next, later])
        if (event === 'ended') break
        if (event instanceof AmbitProblem) throw event
        if (event === 'look') later = lookLater(gone.signal)
        else next = nextOf(events)
        if (event === 'look' || event === 'approval') yield
      }
    } finally {
      gone.abort()
    }
    await pause(reconnectMs)
  }
}

async function lookLater(signal: AbortSignal): Promise<string> {
  return await pause(lookEveryMs, 'look', { signal }).catch(() => 'ended')
}

/** The next event's name; a node that is away for now has ended its stream, and one that refuses is asked no more. */
async function nextOf(events: ReturnType<Ambit['events']>): Promise<string | AmbitProblem> {
  try {
    const { value, done } = await events.next()
    return done === true ? 'ended' : value.event
  } catch (error) {
    return error instanceof AmbitProblem && error.status >= 400 && error.status < 500 ? error : 'ended'
  }
}
