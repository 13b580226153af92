import { cpSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { auditLog, openFileGuard } from '@ambit/node/ledger/ledger'
import {
  appendAll,
  codeOf,
  contents,
  emptyTally,
  entryOf,
  filesBelow,
  makeFolder,
  makeKey,
  note,
  openIn,
  origin,
  tell,
} from './bed.ts'
import type { Bed, Lane, Tally } from './bed.ts'

const entries = 600
const limits = { segmentBytesMin: 65_536, batchBytes: 32_768, batchEntries: 512, ringHashes: 2048 }
const named = new Set(['ledger.corrupt', 'ledger.rolled-back', 'ledger.other-log'])

/**
 * One bit of a published log is flipped, anywhere in its files. The log then refuses to open, or to give what was hit,
 * by name; or the file was derived and is put right. It never gives other bytes, and never signs another root.
 */
export const bits: Lane = async (bed) => {
  const tally = emptyTally()
  const folder = makeFolder()
  try {
    makeKey(folder.path)
    const { texts, checkpoint } = await writeLog(folder.path)
    tally.acknowledged = texts.length
    for (const name of ['log', 'guard'])
      cpSync(join(folder.path, name), join(folder.path, `whole-${name}`), { recursive: true })
    const flips = bed.rounds ?? (bed.short ? 150 : 10_000)
    for (let flip = 0; flip < flips; flip++) {
      tally.rounds++
      for (const name of ['log', 'guard']) {
        rmSync(join(folder.path, name), { recursive: true })
        cpSync(join(folder.path, `whole-${name}`), join(folder.path, name), { recursive: true })
      }
      const what = await flipOne(bed, join(folder.path, 'log'))
      if (!(await isFound(folder.path)))
        note(tally, 'corrupted', `${what}: reading the whole folder finds nothing`)
      await check(tally, folder.path, texts, checkpoint, what)
      if (flip % 250 === 249) tell(bed, 'bits', tally)
    }
  } finally {
    folder.remove()
  }
  return tally
}

async function writeLog(folder: string): Promise<{ texts: string[]; checkpoint: string }> {
  await using ledger = await openIn(folder, { mergeDelayMs: 1000, limits })
  for (let at = 0; at < entries; at += 20) {
    await appendAll(
      ledger,
      Array.from({ length: 20 }, (_, each) => entryOf(`bit-${at + each}`)),
    )
  }
  return { texts: await contents(ledger), checkpoint: await ledger.checkpoint(ledger.size) }
}

/** Files are chosen by chance, then a byte that is not beyond what was written. */
async function flipOne({ random }: Bed, folder: string): Promise<string> {
  const files = await filesBelow(folder)
  for (;;) {
    const path = random.pick(files)
    const file = await open(path, 'r+')
    try {
      const bytes = await file.readFile()
      const end = bytes.findLastIndex((byte) => byte !== 0) + 1
      // A segment that was prepared and never used holds nothing.
      if (end === 0) continue
      const at = random.below(end)
      const bit = random.below(8)
      await file.write(Buffer.of(bytes[at]! ^ (1 << bit)), 0, 1, at)
      return `${relative(folder, path)} byte ${at} bit ${bit}`
    } finally {
      await file.close()
    }
  }
}

/** Whether the check of a folder that no node uses names something. */
async function isFound(folder: string): Promise<boolean> {
  const guarded = await (await openFileGuard(join(folder, 'guard'))).read(origin)
  const findings = auditLog(join(folder, 'log'), guarded === undefined ? {} : { guarded })
  for await (const _ of findings) return true
  return false
}

async function check(
  tally: Tally,
  folder: string,
  texts: readonly string[],
  checkpoint: string,
  what: string,
): Promise<void> {
  const faults: string[] = []
  try {
    await using ledger = await openIn(folder, { mergeDelayMs: 1000, limits })
    if (ledger.size !== texts.length)
      note(tally, 'lost', `${what}: opens with ${ledger.size} of ${texts.length} entries`)
    if (rootOf(await ledger.checkpoint()) !== rootOf(checkpoint))
      note(tally, 'corrupted', `${what}: another root is signed`)
    for (const [index, text] of texts.entries()) {
      try {
        const { entry } = await ledger.prove(index)
        if (Buffer.from(entry).toString() !== text)
          note(tally, 'corrupted', `${what}: entry ${index} is another one`)
      } catch (error) {
        faults.push(codeOf(error))
      }
    }
  } catch (error) {
    faults.push(codeOf(error))
  }
  const unnamed = faults.find((code) => !named.has(code))
  if (unnamed !== undefined) note(tally, 'corrupted', `${what}: ${unnamed}`)
}

function rootOf(checkpoint: string): string {
  return checkpoint.split('\n').slice(0, 3).join(' ')
}
