import { Fault } from '@ambit/core/fault'
import type { Identity } from '../identity/identity.ts'
import type { MandateBook } from './mandate-book.ts'

interface KeptKeyParts {
  readonly identity: Pick<Identity, 'holderOrganization'>
  readonly book: Pick<MandateBook, 'entries'>
}

/**
 * Refuses a holder whose key the node keeps for somebody else: whoever acts under a key has its sessions, tasks and
 * answers, and the log names keys to everyone. A person names a kept key again that holds a mandate of theirs; `person`
 * undefined: it is a key of the agent that was named. Throws `mandate.invalid`.
 */
export async function refuseKeptKey(
  { identity, book }: KeptKeyParts,
  organization: string,
  person: string | undefined,
  key: string,
): Promise<void> {
  const owner = await identity.holderOrganization(key)
  if (owner === undefined || (owner === organization && (person === undefined || holds(book, person, key))))
    return
  throw new Fault('mandate.invalid', {
    detail: 'the node keeps that key for another holder',
    where: 'holder',
    remedy: 'Leave `holder` out, and the node makes a key; or name a key of your agent’s own.',
  })
}

function holds(book: KeptKeyParts['book'], person: string, key: string): boolean {
  for (const { body } of book.entries()) if (body.holder === key && body.subject === person) return true
  return false
}
