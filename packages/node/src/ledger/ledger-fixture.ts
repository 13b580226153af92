import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../kernel/clock.ts'
import { noteSigner, openFileGuard } from './ledger.ts'
import type { LedgerOptions } from './ledger.ts'

export const origin = 'node.example/activity'
export const signer = noteSigner(origin, generateKeyPairSync('ed25519').privateKey)

/** Options for one log after another, each in its own folder below `root`; a failure of the log fails the test. */
export function logsIn(root: string): (change?: Partial<LedgerOptions>) => Promise<LedgerOptions> {
  let directories = 0
  return async (change = {}) => {
    const directory = change.directory ?? join(root, String(directories++))
    return {
      directory,
      origin,
      signer,
      guard: await openFileGuard(`${directory}-guard`),
      clock: systemClock,
      onFailure: (fault) => {
        throw fault
      },
      ...change,
    }
  }
}
