import { generateKeyPairSync } from 'node:crypto'
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import type { SignedHead } from '../guard.ts'
import { noteSigner, openFileGuard, openLedger } from '../ledger.ts'
import { auditLog } from './audit.ts'
import type { AuditFinding, AuditOptions } from './audit.ts'

const origin = 'node.example/activity'
const limits = {
  segmentBytesMin: 16_384,
  segmentBytesMax: 16_384,
  batchBytes: 8192,
  batchEntries: 256,
  ringHashes: 1024,
}
const batches = 10
const batchEntries = 70

/** The folder of a log that was closed: 701 entries in two segments, and what tests do to it. */
export interface AuditedFolder {
  readonly directory: string
  guarded(): Promise<SignedHead>
  files(): Promise<string[]>
  audit(options?: AuditOptions): Promise<AuditFinding[]>
  /** Audits the folder with a file changed, or taken away, for this once. */
  withChange(file: string, change: (bytes: Buffer) => Uint8Array | undefined): Promise<AuditFinding[]>
  /** Flips a bit in each so-manieth byte, one after another, and expects each to be found; answers how many. */
  flips(strides: { segments: number; checkpoint: number; tiles: number }): Promise<number>
}

export async function closedLog(root: string): Promise<AuditedFolder> {
  const directory = join(root, 'log')
  const guard = await openFileGuard(join(root, 'guard'))
  {
    await using ledger = await openLedger({
      directory,
      origin,
      signer: noteSigner(origin, generateKeyPairSync('ed25519').privateKey),
      guard,
      clock: systemClock,
      mergeDelayMs: 1000,
      limits,
      onFailure: (fault) => {
        throw fault
      },
    })
    for (let at = 0; at < batches; at++) {
      const entries = Array.from({ length: batchEntries }, (_, each) => `entry ${at} ${each}`)
      await Promise.all(entries.map((entry) => ledger.write(entry)))
    }
  }
  const folder: AuditedFolder = {
    directory,
    guarded: async () => (await guard.read(origin))!,
    async files() {
      const files: string[] = []
      for (const name of (await readdir(directory, { recursive: true })).sort())
        if ((await stat(join(directory, name))).isFile()) files.push(name)
      return files
    },
    audit: (options) => Array.fromAsync(auditLog(directory, options)),
    async withChange(file, change) {
      const path = join(directory, file)
      const whole = await readFile(path)
      const changed = change(Buffer.from(whole))
      await (changed === undefined ? rm(path) : writeFile(path, changed))
      try {
        return await folder.audit()
      } finally {
        await writeFile(path, whole)
      }
    },
    async flips(strides) {
      let flips = 0
      for (const file of await folder.files()) {
        const kind = file.startsWith('segments/') ? 'segments' : file === 'checkpoint' ? file : 'tiles'
        const { size } = await stat(join(directory, file))
        for (let at = 0; at < size; at += strides[kind]) {
          const found = await folder.withChange(file, (bytes) => {
            bytes[at]! ^= 1 << (at % 8)
            return bytes
          })
          expect(
            found.map((each) => each.file),
            `${file} offset ${at}`,
          ).toContain(file)
          flips++
        }
      }
      return flips
    },
  }
  return folder
}
