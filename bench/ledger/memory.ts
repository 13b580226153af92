import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { closedLoop, entryOf, openBenchLog } from './log.ts'

const firstEntries = 100_000
const stepEntries = 1_000_000
const inFlight = 1024
const collections = 4

export interface Memory {
  readonly entries: number
  /** Resident memory at 10^5 entries, and its change from there to all of them. */
  readonly rssMb: number
  readonly rssDriftMb: number
}

/** Writes a log in a process of its own and looks at its memory, after collecting garbage, at 10^5 entries and at the end. */
export function measureMemory(folder: string, entries: number, bytes: number): Promise<Memory> {
  const child = fork(fileURLToPath(import.meta.url), [folder, String(entries), String(bytes)])
  return new Promise((resolve, reject) => {
    child.on('message', (memory) => resolve(memory as Memory))
    child.on('exit', (code) => reject(new Error(`measuring memory ended with ${code}`)))
  })
}

async function measure(folder: string, entries: number, bytes: number): Promise<Memory> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await using ledger = await openBenchLog(folder)
  const entry = entryOf(bytes)
  let first = 0
  let rssMb = 0
  for (let written = 0; written < entries;) {
    const count = Math.min(written === 0 ? firstEntries : stepEntries, entries - written)
    await closedLoop(ledger, entry, inFlight, { entries: count })
    written += count
    // Published, so that nothing of the last entries waits in memory that would be written in a moment.
    await ledger.checkpoint(ledger.size)
    for (let each = 0; each < collections; each++) {
      collect()
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
    }
    rssMb = process.memoryUsage.rss() / 1024 / 1024
    if (first === 0) first = rssMb
    console.error(`${written} entries: ${rssMb.toFixed(1)} MB resident`)
  }
  return { entries, rssMb: first, rssDriftMb: rssMb - first }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = '', entries = '', bytes = ''] = process.argv.slice(2)
  const memory = await measure(folder, Number(entries), Number(bytes))
  process.send?.(memory)
  process.disconnect?.()
}
