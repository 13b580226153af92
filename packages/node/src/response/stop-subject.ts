import { Fault } from '@ambit/core/fault'
import { keyBytes } from '@ambit/core/id/did-key'
import type { Stop } from '../authority/authority.ts'
import type { Caller } from '../kernel/route.ts'

/** What a person wants stopped. */
export interface StopOrder {
  readonly what: Stop['what']
  /** The agent (slug, AIC, or did:key of a holder that is no registered agent), the mandate, or the person. */
  readonly subject?: string | undefined
  /** Of an agent: its acts in the caller's name, or in anybody's (owners). */
  readonly scope?: 'mine' | 'organization' | undefined
  readonly note?: string | undefined
}

export interface StopSubjectParts {
  /** AIC of a record of the organisation, by its slug or AIC. */
  readonly agent: (organization: string, name: string) => string | undefined
  /** Throws where the caller may not end that mandate, or there is none. */
  readonly mandate: (caller: Caller, id: string) => Promise<unknown>
  readonly hasPerson: (organization: string, id: string) => Promise<boolean>
}

/** What the order names, by its id, and in whose name the acts are. Throws where it is not the caller's to stop. */
export async function subjectOf(
  parts: StopSubjectParts,
  caller: Caller,
  { what, subject, scope }: StopOrder,
): Promise<Pick<Stop, 'subject' | 'name'>> {
  const isOwner = caller.roles.includes('owner')
  switch (what) {
    case 'everything':
      if (subject !== undefined || scope === 'mine')
        throw new Fault('stop.invalid', {
          detail: 'everything names nothing; what is done in your name is `person`',
          where: 'subject',
        })
      if (!isOwner) throw notYours('only an owner stops everything of the organisation')
      return { subject: null, name: null }
    case 'person': {
      const person = subject ?? caller.person
      if (person !== caller.person && !isOwner)
        throw notYours('only an owner stops what is done in another name')
      if (!(await parts.hasPerson(caller.organization, person))) throw unknown('there is no such person')
      return { subject: person, name: null }
    }
    case 'agent': {
      const name = named(subject)
      if (scope === 'organization' && !isOwner) throw notYours('only an owner stops an agent for everybody')
      const id = parts.agent(caller.organization, name) ?? (keyBytes(name) === undefined ? undefined : name)
      if (id === undefined) throw unknown('no agent or server is registered under that name')
      return { subject: id, name: scope === 'organization' ? null : caller.person }
    }
    default: {
      const id = named(subject)
      await parts.mandate(caller, id)
      return { subject: id, name: null }
    }
  }
}

function named(subject: string | undefined): string {
  if (subject !== undefined) return subject
  throw new Fault('stop.invalid', { detail: 'it is not said which', where: 'subject' })
}

function notYours(detail: string): Fault {
  return new Fault('stop.not-yours', { detail })
}

function unknown(detail: string): Fault {
  return new Fault('input.not-found', { detail, where: 'subject' })
}
