import type { Allow, Limits } from '@ambit/core/mandate'
import { mandateDetailType, readAuthorizationDetails } from '@ambit/core/mandate/projection'

/** Type of the authorization details (RFC 9396) by which a client says what mandate it would like. */
export const wishType = mandateDetailType

export interface Wish {
  readonly allow: readonly Allow[]
  readonly limits: Limits
}

/** What is wrong with one detail; undefined where nothing is. */
export function checkWish(detail: unknown): string | undefined {
  const reading = readAuthorizationDetails([detail])
  return reading.ok ? undefined : reading.reason
}

/** The wish in the parameter `authorization_details`; a text where it is none. */
export function readWish(details: string): Wish | string {
  const reading = readAuthorizationDetails(parsed(details))
  return reading.ok ? reading : reading.reason
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a client without wishes of its own is probably after: everything at the address it named. */
export function allowFor(slugs: readonly string[]): Allow[] {
  return slugs.map((target) => ({ target, capability: '*' }))
}
