import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openCheckpoint } from '@ambit/core/log/checkpoint'
import { leafHash, verifyConsistency, verifyInclusion } from '@ambit/core/log/merkle'
import { parseVkey } from '@ambit/core/log/note'
import { localDisk } from '@ambit/node/kernel/disk'
import { Scan } from '@ambit/node/ledger/file/scan'
import { commitBytes, headerBytes } from '@ambit/node/ledger/file/segment'
import type { Ledger } from '@ambit/node/ledger/ledger'
import { codeOf, contents, emptyTally, entryOf, makeFolder, makeKey, note, openIn, tell } from './bed.ts'
import type { Bed, Lane, Tally } from './bed.ts'

const writer = fileURLToPath(new URL('writer.ts', import.meta.url))
/** A log of more rounds than this costs more to read than it tells. */
const roundsOfOneLog = 20
const killAfterMs = [20, 300] as const
const proofsEach = 5
const garbageBytesMax = 3000

/** What is known of the log from the rounds before. */
interface Known {
  readonly acknowledged: Map<number, string>
  head: { size: number; root: Uint8Array } | undefined
}

/**
 * A process that writes is killed at any moment (SIGKILL), half of the time with bytes of chance behind its last whole
 * batch, as a torn write leaves them. Afterwards every entry it was told of is there, at its index, and the log only grew.
 */
export const kill: Lane = async (bed) => {
  const tally = emptyTally()
  const rounds = bed.rounds ?? (bed.short ? 6 : 500)
  while (tally.rounds < rounds) {
    const folder = makeFolder()
    try {
      makeKey(folder.path)
      await oneLog(bed, tally, folder.path, Math.min(roundsOfOneLog, rounds - tally.rounds))
    } finally {
      folder.remove()
    }
    tell(bed, 'kill', tally)
  }
  return tally
}

async function oneLog(bed: Bed, tally: Tally, folder: string, rounds: number): Promise<void> {
  const known: Known = { acknowledged: new Map(), head: undefined }
  for (let round = 0; round < rounds; round++) {
    tally.rounds++
    await writeUntilKilled(bed, tally, folder, `r${round}`, known)
    if (bed.random.onceIn(2)) await leaveGarbage(bed, folder)
    try {
      await using ledger = await openIn(folder)
      await check(tally, ledger, known)
    } catch (error) {
      note(tally, 'lost', `round ${round}: the log does not open: ${codeOf(error)}`)
      return
    }
  }
}

async function writeUntilKilled(
  bed: Bed,
  tally: Tally,
  folder: string,
  name: string,
  known: Known,
): Promise<void> {
  const child = spawn(process.execPath, [writer, folder, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [least, most] = killAfterMs
  let text = ''
  let timer: NodeJS.Timeout | undefined
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    // From the first acknowledgement on: before, there is nothing to lose.
    timer ??= setTimeout(() => child.kill('SIGKILL'), least + bed.random.below(most - least))
  })
  await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  for (const line of text.slice(0, text.lastIndexOf('\n')).split('\n')) {
    const [index = '', serial = ''] = line.split(' ')
    if (known.acknowledged.has(Number(index))) note(tally, 'corrupted', `index ${index} was given twice`)
    known.acknowledged.set(Number(index), entryOf(serial))
    tally.acknowledged++
  }
}

async function check(tally: Tally, ledger: Ledger, known: Known): Promise<void> {
  const texts = await contents(ledger)
  for (const [index, text] of known.acknowledged) {
    if (texts[index] === undefined) note(tally, 'lost', `entry ${index} of ${ledger.size} is gone`)
    else if (texts[index] !== text) note(tally, 'corrupted', `entry ${index} is another one`)
  }
  const key = await parseVkey(ledger.vkey)
  if (!key.ok) throw new Error(key.reason)
  const opened = await openCheckpoint(await ledger.checkpoint(), key.verifier)
  if (!opened.ok) {
    note(tally, 'corrupted', `the checkpoint does not verify: ${opened.reason}`)
    return
  }
  const { size, root } = opened.checkpoint
  if (known.head !== undefined) {
    const { head } = known
    const proof = await ledger.consistency(head.size, size)
    const grew = await verifyConsistency({ oldSize: head.size, oldRoot: head.root, size, root, proof })
    if (!grew.ok) note(tally, 'corrupted', `from ${head.size} to ${size}: ${grew.reason}`)
  }
  known.head = { size, root }
  for (let each = 0; each < proofsEach; each++) {
    const index = Math.floor((each * (size - 1)) / proofsEach)
    const { entry, hashes } = await ledger.prove(index)
    const leaf = await leafHash(entry)
    const included = await verifyInclusion({ index, size, root, leaf, proof: hashes })
    if (!included.ok) note(tally, 'corrupted', `the proof of ${index}: ${included.reason}`)
  }
}

/** Writes bytes of chance behind the last whole batch. */
async function leaveGarbage({ random }: Bed, folder: string): Promise<void> {
  const directory = join(folder, 'log', 'segments')
  // The last one that is in use: the next is prepared before its time and holds nothing but zeros.
  const path = readdirSync(directory)
    .toSorted()
    .map((name) => join(directory, name))
    .findLast((each) =>
      readFileSync(each)
        .subarray(0, headerBytes)
        .some((byte) => byte !== 0),
    )
  if (path === undefined) return
  const end = await endOfBatches(path)
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const count = Math.min(1 + random.below(garbageBytesMax), size - end)
    if (count > 0) await file.write(random.bytes(count), 0, count, end)
  } finally {
    await file.close()
  }
}

async function endOfBatches(path: string): Promise<number> {
  const file = await localDisk.open(path, 'plain')
  try {
    const scan = new Scan(file)
    let end = headerBytes
    for (;;) {
      const item = scan.take()
      if (item === undefined) await scan.read()
      else if (item.kind === 'end' || item.kind === 'bad') return end
      else if (item.kind === 'commit') end = item.offset + commitBytes
    }
  } finally {
    await file.close()
  }
}
