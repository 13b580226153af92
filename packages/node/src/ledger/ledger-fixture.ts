import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { openCheckpoint } from '@ambit/core/log/checkpoint'
import { leafHash, verifyInclusion } from '@ambit/core/log/merkle'
import { parseVkey } from '@ambit/core/log/note'
import { expect } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { noteSigner, openFileGuard } from './ledger.ts'
import type { Ledger, LedgerOptions, Proof } from './ledger.ts'

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

/** All entries, as text. */
export async function contents(ledger: Ledger): Promise<string[]> {
  const entries: string[] = []
  for await (const { entry } of ledger.entries(0)) entries.push(Buffer.from(entry).toString())
  return entries
}

/** Holds a proof against the checkpoint it carries, under the log's own key. */
export async function checkProof(ledger: Ledger, proof: Proof, entry: string): Promise<void> {
  const key = await parseVkey(ledger.vkey)
  if (!key.ok) throw new Error(key.reason)
  const opened = await openCheckpoint(proof.checkpoint, key.verifier)
  if (!opened.ok) throw new Error(opened.reason)
  const { size, root } = opened.checkpoint
  expect(Buffer.from(proof.entry).toString()).toBe(entry)
  const leaf = await leafHash(proof.entry)
  expect(await verifyInclusion({ index: proof.index, size, root, leaf, proof: proof.hashes })).toEqual({
    ok: true,
  })
}
