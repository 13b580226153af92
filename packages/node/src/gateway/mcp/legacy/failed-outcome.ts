import type { Fault } from '@ambit/core/fault'
import type { Challenge } from '../../../signin/signin.ts'
import type { EgressOutcome } from '../../egress.ts'

/** A request of a session that failed on its way, with what the server says of a sign-in where that is why. */
export function failedOutcome({ code, detail, extra }: Fault): EgressOutcome {
  const challenge = extra?.['challenge'] as Challenge | undefined
  return {
    status: 'failed',
    error: { code, detail },
    ...(challenge === undefined ? {} : { challenge }),
  }
}
