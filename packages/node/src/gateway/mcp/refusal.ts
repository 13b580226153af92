import type { Decision } from '@ambit/core/decision'
import type { Pending } from '../../approval/approval.ts'
import { timeText } from '../../kernel/clock.ts'

/** A refusal is an answer with its reason: a tool result that says what was refused, by which rule, and how to ask. */
export function refusalResult(decision: Decision, act: string): Record<string, unknown> {
  const lines = decision.reasons.map(
    (reason) =>
      `${reason.what} [${reason.code}, rule ${reason.rule}]${reason.howToAsk === undefined ? '' : ` ${reason.howToAsk}`}`,
  )
  return {
    content: [{ type: 'text', text: `Refused by Ambit: ${lines.join(' ')}` }],
    isError: true,
    _meta: { 'ambit/refusal': { act, reasons: decision.reasons } },
  }
}

/** For a client that cannot be asked to open an address: where the person signs in, in words. */
export function signInResult(url: string): Record<string, unknown> {
  return {
    content: [{ type: 'text', text: `${signInFirst} Sign in at ${url} Then make the same call again.` }],
    isError: true,
    _meta: { 'ambit/sign-in': { url } },
  }
}

export const signInFirst = 'The server wants the person to sign in to it first.'

/** For a client that cannot be asked to open an address: the same in words. */
export function askResult(url: string, sentence: string): Record<string, unknown> {
  return {
    content: [{ type: 'text', text: `${sentence} ${url} Then make the same call again.` }],
    isError: true,
    _meta: { 'ambit/approval': { url } },
  }
}

/** An act in the outbox: it has no result yet, and nobody has to do anything for it. */
export function heldResult(pending: Pending, url: string): Record<string, unknown> {
  return {
    content: [{ type: 'text', text: heldSentence(pending, url) }],
    isError: true,
    _meta: { 'ambit/held': { url, approval: pending.id, ...untilOf(pending) } },
  }
}

export function heldSentence(pending: Pending, url: string): string {
  if (pending.state !== 'held')
    return 'Ambit is doing this now. Make the same call again to hear what became of it.'
  const { until } = untilOf(pending)
  return (
    `Held until ${until}: it will be done then unless the user vetoes it. This is no failure, so do not do it in ` +
    `another way. To hear what became of it, make the same call again after that time. The user decides at ${url}`
  )
}

function untilOf({ dueAt }: Pending): { readonly until?: string } {
  return dueAt === undefined ? {} : { until: timeText(dueAt) }
}

export const askFirst = 'A person must decide about this call before it happens.'
export const askSentence = `${askFirst} Decide at`
