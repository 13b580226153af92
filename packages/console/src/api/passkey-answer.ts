import { startAuthentication } from '@simplewebauthn/browser'

type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']

/** What a passkey must sign; `at` goes back with its answer, because the node keeps nothing of it. */
export interface Challenge {
  readonly at: string
  readonly options: RequestOptions
}

export interface PasskeyAnswer {
  readonly at: string
  readonly response: Awaited<ReturnType<typeof startAuthentication>>
}

/** The person closed the dialog of their device, had no passkey there, or the page is at an address without passkeys. */
export class PasskeyUnanswered extends Error {}

/** Has the browser ask the person. Throws PasskeyUnanswered. */
export async function answerWithPasskey({ at, options }: Challenge): Promise<PasskeyAnswer> {
  try {
    return { at, response: await startAuthentication({ optionsJSON: options }) }
  } catch (cause) {
    throw new PasskeyUnanswered('the passkey gave no answer', { cause })
  }
}
