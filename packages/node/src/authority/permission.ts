import { Fault } from '@ambit/core/fault'
import type { Caller } from '../kernel/route.ts'
import type { MandateParts } from './authority.ts'
import type { BookEntry } from './mandate-book.ts'
import type { MandateRow } from './mandate-store.ts'

/** Owners and auditors see the mandates of the whole organisation. */
export function seesAll(caller: Caller): boolean {
  return caller.roles.includes('owner') || caller.roles.includes('auditor')
}

/** The mandate, when the caller may see it (`read`) or act on it: its subject, or an owner. */
export async function rowFor(
  parts: MandateParts,
  caller: Caller,
  id: string,
  read: boolean,
): Promise<MandateRow> {
  const row = await parts.store.find(id)
  // Another organisation's mandate is not even there.
  if (row === undefined || row.organization !== caller.organization)
    throw new Fault('input.not-found', { detail: 'there is no such mandate' })
  if (row.subject === caller.person || caller.roles.includes('owner') || read) return row
  throw new Fault('mandate.not-yours', { detail: 'only the person who gave it, or an owner, may do this' })
}

/** A mandate in force, for the person who gave it. */
export async function entryFor(parts: MandateParts, caller: Caller, id: string): Promise<BookEntry> {
  const row = await rowFor(parts, caller, id, false)
  if (row.subject !== caller.person) {
    // An owner may end another person's mandate, but not speak for that person.
    throw new Fault('mandate.not-yours', { detail: 'only the person who gave it may hand it on' })
  }
  const entry = parts.book.get(id)
  if (row.revoked !== null || entry === undefined || entry.revoked || entry.expiresAt <= parts.clock.now()) {
    throw new Fault('mandate.ended', { detail: 'nothing can be made from it any more', where: id })
  }
  return entry
}
