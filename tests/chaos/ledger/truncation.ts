import { cpSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  appendAll,
  codeOf,
  contents,
  emptyTally,
  entryOf,
  makeFolder,
  makeKey,
  note,
  openIn,
  tell,
} from './bed.ts'
import type { Lane, Tally } from './bed.ts'

const entriesEach = 5
const batches = 20
/** Batches that the last published checkpoint holds. */
const publishedBatches = 15
const shortStep = 97
/** What a log may say of itself instead of opening. */
const refusals = new Set(['ledger.corrupt', 'ledger.rolled-back'])

/**
 * A segment is cut at every offset, or filled with zeros from there. What is published must be there or the log refuses
 * by name; what was only acknowledged ends at the end of a batch; nothing else is ever read.
 */
export const truncation: Lane = async (bed) => {
  const tally = emptyTally()
  const folder = makeFolder()
  try {
    makeKey(folder.path)
    const texts = await writeLog(folder.path)
    tally.acknowledged = texts.length
    const whole = join(folder.path, 'whole')
    cpSync(join(folder.path, 'log'), whole, { recursive: true })
    const [segment = ''] = readdirSync(join(whole, 'segments')).toSorted()
    const end = await lastByte(join(whole, 'segments', segment))
    for (let offset = 0; offset <= end; offset += bed.short ? shortStep : 1) {
      for (const zeros of [false, true]) {
        tally.rounds++
        rmSync(join(folder.path, 'log'), { recursive: true })
        cpSync(whole, join(folder.path, 'log'), { recursive: true })
        await cut(join(folder.path, 'log', 'segments', segment), offset, zeros)
        await check(tally, folder.path, texts, `${zeros ? 'zeros from' : 'cut at'} ${offset}`)
      }
      if (offset % 2000 < (bed.short ? shortStep : 1)) tell(bed, `truncation at ${offset} of ${end}`, tally)
    }
  } finally {
    folder.remove()
  }
  return tally
}

async function writeLog(folder: string): Promise<string[]> {
  const texts: string[] = []
  const published = publishedBatches * entriesEach
  // Published by hand: a timer would decide otherwise each time.
  const ledger = await openIn(folder, {
    mergeDelayMs: 1000,
    limits: { segmentBytesMin: 65_536, batchBytes: 32_768, batchEntries: 512, ringHashes: 2048 },
  })
  texts.push(Buffer.from(await ledger.read(0)).toString())
  for (let batch = 0; batch < batches; batch++) {
    const more = Array.from({ length: entriesEach }, (_, at) => entryOf(`cut-${batch}-${at}`))
    await appendAll(ledger, more)
    texts.push(...more)
    if (texts.length === published + 1) await ledger.checkpoint(published)
  }
  // The folder as it is while the writer runs: closing would publish the rest.
  cpSync(join(folder, 'log'), join(folder, 'running'), { recursive: true })
  cpSync(join(folder, 'guard'), join(folder, 'running-guard'), { recursive: true })
  await ledger[Symbol.asyncDispose]()
  for (const name of ['log', 'guard']) rmSync(join(folder, name), { recursive: true })
  cpSync(join(folder, 'running'), join(folder, 'log'), { recursive: true })
  cpSync(join(folder, 'running-guard'), join(folder, 'guard'), { recursive: true })
  rmSync(join(folder, 'log', 'lock'), { force: true })
  return texts
}

async function check(tally: Tally, folder: string, texts: readonly string[], what: string): Promise<void> {
  // The guard is asked, not moved: each cut begins from the same knowledge.
  rmSync(join(folder, 'guard'), { recursive: true })
  cpSync(join(folder, 'running-guard'), join(folder, 'guard'), { recursive: true })
  try {
    await using ledger = await openIn(folder, { mergeDelayMs: 1000 })
    const found = await contents(ledger)
    const published = publishedBatches * entriesEach + 1
    if (found.length < published)
      note(tally, 'lost', `${what}: opened with ${found.length} of ${published} published`)
    if ((found.length - 1) % entriesEach !== 0)
      note(tally, 'corrupted', `${what}: opened inside a batch, at ${found.length}`)
    if (found.some((text, at) => text !== texts[at]))
      note(tally, 'corrupted', `${what}: reads what was not written`)
    await ledger.prove(found.length - 1)
  } catch (error) {
    if (!refusals.has(codeOf(error))) note(tally, 'corrupted', `${what}: ${codeOf(error)}`)
  }
}

async function cut(path: string, offset: number, zeros: boolean): Promise<void> {
  const { size } = statSync(path)
  if (!zeros) {
    truncateSync(path, offset)
    return
  }
  const file = await open(path, 'r+')
  try {
    await file.write(Buffer.alloc(size - offset), 0, size - offset, offset)
  } finally {
    await file.close()
  }
}

/** Offset of the last byte that is not zero. */
async function lastByte(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    const bytes = await file.readFile()
    return bytes.findLastIndex((byte) => byte !== 0) + 1
  } finally {
    await file.close()
  }
}
