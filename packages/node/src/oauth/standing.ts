import type { MandateParts } from '../authority/authority.ts'

type Entry = NonNullable<ReturnType<MandateParts['book']['get']>>

/** The mandate of a connection while it is in force; from the store where another replica gave it a moment ago. */
export async function standingMandate(
  { book, store, clock }: Pick<MandateParts, 'book' | 'store' | 'clock'>,
  id: string,
): Promise<Entry | undefined> {
  const entry = book.get(id) ?? (await read())
  return entry === undefined || entry.revoked || entry.expiresAt <= clock.now() ? undefined : entry

  async function read(): Promise<Entry | undefined> {
    const row = await store.find(id)
    return row?.revoked === null ? book.add(row.signed) : undefined
  }
}
