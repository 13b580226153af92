import { createPrivateKey, generateKeyPairSync, hash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import { systemClock } from '@ambit/node/kernel/clock'
import type { Clock } from '@ambit/node/kernel/clock'
import { noteSigner, openFileGuard, openLedger } from '@ambit/node/ledger/ledger'
import type { Ledger, LedgerLimits } from '@ambit/node/ledger/ledger'
import type { Random } from '../../fuzz/random.ts'

/** What one kind of fault did. */
export interface Tally {
  /** Times the fault was made. */
  rounds: number
  /** Entries that were acknowledged. */
  acknowledged: number
  /** Of these, how many were gone afterwards without the log saying so. */
  lost: number
  /** Damage that nothing named: other bytes, another root, a second entry at an index. */
  corrupted: number
  /** The first few cases, in words. */
  readonly findings: string[]
  /** Why it was not run. */
  skipped?: string
}

export interface Bed {
  readonly random: Random
  readonly short: boolean
  /** Instead of the number that the long form has. */
  readonly rounds?: number
  progress(text: string): void
}

export type Lane = (bed: Bed) => Promise<Tally>

export const origin = 'chaos.example/log'
const findingsMax = 20

/** Small segments and batches, so that many are begun and ended in a short run. */
export const limits: Partial<LedgerLimits> = {
  segmentBytesMin: 65_536,
  segmentBytesMax: 262_144,
  batchBytes: 32_768,
  batchEntries: 512,
  ringHashes: 2048,
  fullRetryMs: 1,
}

export function emptyTally(): Tally {
  return { rounds: 0, acknowledged: 0, lost: 0, corrupted: 0, findings: [] }
}

/** A line of progress: what was found so far counts also when a run is broken off. */
export function tell(bed: Bed, what: string, tally: Tally): void {
  const { rounds, acknowledged, lost, corrupted } = tally
  bed.progress(
    `${what}: ${rounds} rounds, ${acknowledged} acknowledged, ${lost} lost, ${corrupted} corrupted`,
  )
}

export function note(tally: Tally, kind: 'lost' | 'corrupted', words: string): void {
  tally[kind]++
  if (tally.findings.length < findingsMax) tally.findings.push(`${kind}: ${words}`)
}

/** A folder in memory where there is one: what is tested here is the order of writes, not the disk. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const path = mkdtempSync(join(base, 'ambit-chaos-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The key of the log lies beside it, for the processes that write it. */
export function makeKey(folder: string): void {
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

export interface OpenOptions {
  readonly clock?: Clock
  readonly limits?: Partial<LedgerLimits>
  readonly mergeDelayMs?: number
  readonly onFailure?: (fault: Fault) => void
}

/** Opens the log `<folder>/log` with the guard `<folder>/guard`. */
export async function openIn(folder: string, options: OpenOptions = {}): Promise<Ledger> {
  return openLedger({
    directory: join(folder, 'log'),
    origin,
    signer: noteSigner(origin, createPrivateKey(readFileSync(join(folder, 'key.pem'), 'utf8'))),
    guard: await openFileGuard(join(folder, 'guard')),
    clock: options.clock ?? systemClock,
    limits: options.limits ?? limits,
    mergeDelayMs: options.mergeDelayMs ?? 5,
    onFailure: options.onFailure ?? (() => undefined),
  })
}

/** Text of the entry of a serial number: its length tells nothing, and its content everything. */
export function entryOf(serial: string): string {
  const bytes = Number.parseInt(hash('sha256', serial, 'hex').slice(0, 2), 16)
  return `${serial} ${'x'.repeat(bytes)}`
}

/** Every entry of the log, as text. */
export async function contents(ledger: Ledger): Promise<string[]> {
  const texts: string[] = []
  for await (const { entry } of ledger.entries(0)) texts.push(Buffer.from(entry).toString())
  return texts
}

/** Appends and waits for all: what is acknowledged stands in the returned map, by index. */
export async function appendAll(ledger: Ledger, texts: readonly string[]): Promise<Map<number, string>> {
  const acknowledged = new Map<number, string>()
  await Promise.all(
    texts.map(
      async (text) =>
        await new Promise<void>((resolve) => {
          ledger.append(text, (fault, index) => {
            if (fault === undefined) acknowledged.set(index, text)
            resolve()
          })
        }),
    ),
  )
  return acknowledged
}

/** The code of a fault, or the error itself where it is none: that would be a finding. */
export function codeOf(error: unknown): string {
  return Fault.is(error) ? error.code : `not a fault: ${String(error)}`
}

export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
