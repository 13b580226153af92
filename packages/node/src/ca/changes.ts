import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { ChangeReader } from './change-store.ts'
import type { CertificateReader } from './ca-store.ts'
import type { RevocationReason } from './ca.ts'
import { revokedCertificates } from './revoke.ts'
import type { RevocationLists } from './revocation-lists.ts'
import type { Standing } from './standing.ts'

/** A revoked certificate is refused everywhere within a second, also where replicas do not hear each other. */
const lookMs = 500
/** As many as one transaction takes back of one agent, and more. */
const rowsMax = 1000

export interface ChangeParts {
  readonly changes: ChangeReader
  readonly store: Pick<CertificateReader, 'head'>
  readonly standing: Standing
  readonly lists: Pick<RevocationLists, 'forget'>
  readonly bus: Pick<Bus, 'tell'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Looks what other replicas of a store gave and took back: one row each time, and the rest only when that number is
 * another one. `known` is the revision before memory was filled.
 */
export function followChanges(parts: ChangeParts, known: number): { stop(): Promise<void> } {
  const { clock, log } = parts
  let at = known
  let failing = false
  let stopped = false
  let looking: Promise<void> = Promise.resolve()
  let cancel = clock.after(lookMs, look)

  function look(): void {
    looking = read()
      .then(() => void (failing = false))
      .catch((error: unknown) => {
        // Twice a second it would fill the log.
        if (!failing) log.warn('ca.look-failed', { error: String(error) })
        failing = true
      })
      .finally(() => {
        if (!stopped) cancel = clock.after(lookMs, look)
      })
  }
  async function read(): Promise<void> {
    if ((await parts.changes.revision()) === at) return
    for (;;) {
      const rows = await parts.changes.changed(at, rowsMax)
      for (const { serial } of rows) await learn(parts, serial)
      // One transaction gives all its rows one number: what is beyond the limit may have that of the last.
      const last = rows.at(-1)?.revision ?? at
      const isCut = rows.length === rowsMax && rows[0]!.revision !== last
      at = isCut ? last - 1 : last
      if (rows.length < rowsMax) return
    }
  }
  return {
    async stop() {
      stopped = true
      cancel()
      await looking
    },
  }
}

async function learn({ store, standing, lists, bus }: ChangeParts, serial: string): Promise<void> {
  const head = await store.head(serial)
  if (head === undefined) return
  const isNews = head.revokedAt !== undefined && standing.revocation(serial) === undefined
  standing.apply(head)
  if (!isNews) return
  // Connections of it end here too.
  const reason: RevocationReason = head.reason ?? 0
  bus.tell(revokedCertificates, { aic: head.aic, serials: [serial], reason })
  lists.forget()
}
