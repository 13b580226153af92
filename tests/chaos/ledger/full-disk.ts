import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appendAll, codeOf, contents, emptyTally, entryOf, makeKey, note, openIn } from './bed.ts'
import type { Lane, Tally } from './bed.ts'

const diskSize = '3m'
const entriesEach = 300
const named = new Set(['ledger.full', 'ledger.busy', 'ledger.unpublished'])

/** A small disk fills up, gets room again and fills up once more: nothing acknowledged is lost, and it goes on by itself. */
export const fullDisk: Lane = async (bed) => {
  const tally = emptyTally()
  for (let round = 0; round < (bed.short ? 2 : 50); round++) {
    const folder = mkdtempSync(join(tmpdir(), 'ambit-chaos-disk-'))
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'tmpfs', folder])
    try {
      if (status !== 0) {
        tally.skipped = 'this machine lets the tests mount no small disk'
        return tally
      }
      makeKey(folder)
      await oneDisk(tally, folder, round)
    } finally {
      if (status === 0) spawnSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    }
  }
  bed.progress(`full disk: ${tally.rounds} times full, ${tally.acknowledged} entries acknowledged`)
  return tally
}

async function oneDisk(tally: Tally, folder: string, round: number): Promise<void> {
  const acknowledged = new Map<number, string>()
  const filler = join(folder, 'filler')
  const ledger = await openIn(folder)
  try {
    for (let time = 0; time < 3; time++) {
      tally.rounds++
      fill(filler)
      await appendUntilFull(tally, ledger, acknowledged, `full-${round}-${time}`)
      rmSync(filler, { force: true })
      await goOn(tally, ledger, acknowledged, `again-${round}-${time}`)
    }
  } finally {
    rmSync(filler, { force: true })
    await ledger[Symbol.asyncDispose]()
  }
  tally.acknowledged += acknowledged.size
  try {
    await using again = await openIn(folder)
    const texts = await contents(again)
    for (const [index, text] of acknowledged) {
      if (texts[index] === undefined) note(tally, 'lost', `entry ${index} of ${texts.length}`)
      else if (texts[index] !== text) note(tally, 'corrupted', `entry ${index} is another one`)
    }
  } catch (error) {
    note(tally, 'lost', `the log does not open again: ${codeOf(error)}`)
  }
}

type Log = Awaited<ReturnType<typeof openIn>>

async function appendUntilFull(
  tally: Tally,
  ledger: Log,
  acknowledged: Map<number, string>,
  name: string,
): Promise<void> {
  for (let batch = 0; batch < 200; batch++) {
    const texts = Array.from({ length: entriesEach }, (_, each) => entryOf(`${name}-${batch}-${each}`))
    const taken = await appendAll(ledger, texts)
    for (const [index, text] of taken) acknowledged.set(index, text)
    if (taken.size === texts.length) continue
    const { state } = ledger.state()
    if (state !== 'full' && state !== 'open')
      note(tally, 'lost', `${name}: a full disk left the log ${state}`)
    return
  }
  note(tally, 'lost', `${name}: the disk never was full, so nothing was tested`)
}

async function goOn(
  tally: Tally,
  ledger: Log,
  acknowledged: Map<number, string>,
  name: string,
): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const text = entryOf(`${name}-${attempt}`)
    try {
      acknowledged.set(await ledger.write(text), text)
      return
    } catch (error) {
      if (!named.has(codeOf(error))) note(tally, 'corrupted', `${name}: ${codeOf(error)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  note(tally, 'lost', `${name}: the log did not go on when there was room again`)
}

/** Leaves a few kilobytes. */
function fill(path: string): void {
  const piece = Buffer.alloc(16 * 1024, 1)
  try {
    for (;;) writeFileSync(path, piece, { flag: 'a' })
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error
  }
}
