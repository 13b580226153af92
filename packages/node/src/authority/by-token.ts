import { Fault } from '@ambit/core/fault'
import type { Allow } from '@ambit/core/mandate'
import type { Caller } from '../kernel/route.ts'

/** The part of a link that says who decides. */
type Deciding = { readonly allow: readonly Allow[] }

/**
 * A program with an API token cannot approve, so it cannot bring into being what would act unasked either: a mandate
 * that it gives, hands on or connects must ask a person about everything done under it. Links root first, the new one
 * among them. Throws `mandate.session`.
 */
export function assertMayGive(caller: Pick<Caller, 'by'>, links: readonly Deciding[]): void {
  if (caller.by === 'session' || asksAlways(links)) return
  throw new Fault('mandate.session', {
    detail: 'something could be done under it that nobody is asked about',
    where: 'allow',
  })
}

/** The words of a task are the person's own, and what they name may be done: no program speaks them. */
export function assertMaySpeak(caller: Pick<Caller, 'by'>, task: string | undefined): void {
  if (caller.by === 'session' || task === undefined) return
  throw new Fault('mandate.session', {
    detail: 'the words of a task come from the person only',
    where: 'task',
    remedy: 'Leave `task` out, or sign in: `ambit login`, or in the console.',
  })
}

/**
 * The strictest link decides, and of a link the entry that covers the act: where each entry of one link asks, every act
 * of the chain is asked about.
 */
function asksAlways(links: readonly Deciding[]): boolean {
  return links.some(({ allow }) => allow.every(({ decision }) => decision === 'ask' || decision === 'user'))
}
