import { Fault } from '@ambit/core/fault'
import type { Challenge } from '../signin/signin.ts'

/**
 * What a server that could not be described says of a sign-in; undefined where that is not the reason. The port
 * describe.ts says where it stands.
 */
export function challengeOf(error: unknown): Challenge | undefined {
  for (let at = error, depth = 0; Fault.is(at) && depth < 4; at = at.cause, depth++) {
    const challenge = at.extra?.['challenge']
    if (challenge !== undefined) return challenge as Challenge
  }
  return undefined
}
