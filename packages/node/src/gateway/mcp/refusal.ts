import type { Decision } from '@ambit/core/decision'

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

export const askFirst = 'A person must decide about this call before it happens.'
export const askSentence = `${askFirst} Decide at`
