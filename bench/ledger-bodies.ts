import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { canonicalJson } from '@ambit/core/canonical'
import { Collector, defaultLimits } from '@ambit/node/contents/collector'
import type { AwaitsContents } from '@ambit/node/contents/contents'
import { FileShelf } from '@ambit/node/contents/file-shelf'
import { commitText } from '@ambit/node/gateway/commitment'
import { SubjectKeys } from '@ambit/node/identity/identity'
import { systemClock } from '@ambit/node/kernel/clock'
import { localDisk } from '@ambit/node/kernel/disk'
import { createIds } from '@ambit/node/kernel/ids'
import type { Ledger } from '@ambit/node/ledger/ledger'

export interface BodiesRow {
  readonly inFlight: number
  /** Persons whose contents come in turn; each has a block of its own in every flush. */
  readonly subjects: number
  readonly bodyBytes: number
  readonly perS: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the whole process, the disk's threads included. */
  readonly cpuUs: number
}

export interface BodiesOptions {
  /** An empty folder on the disk that is measured. */
  readonly folder: string
  readonly inFlight: number
  readonly subjects: number
  readonly ms: number
}

/** One entry in so many is timed, so that the clock does not weigh on the rate. */
const timedEach = 16

/**
 * Finished entries per second with everything an act brings: the canonical form of its body, the salted commitment, the
 * body sealed and durable, and only then the entry, durable too. Each one that is finished is followed by the next.
 */
export async function bodiesRate(ledger: Ledger, options: BodiesOptions): Promise<BodiesRow> {
  const { inFlight, ms } = options
  const shelf = new FileShelf({
    directory: join(options.folder, 'contents'),
    disk: localDisk,
    clock: systemClock,
    onDamage: raise,
  })
  const collector = new Collector({ shelf, clock: systemClock, limits: defaultLimits, onFailure: raise })
  const keys = Array.from({ length: options.subjects }, () => new SubjectKeys(randomBytes(32), '2026h2'))
  const ids = createIds(systemClock)
  const times: number[] = []
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const cpu = process.cpuUsage()
  const start = performance.now()
  let begun = 0
  let done = 0

  class Act implements AwaitsContents {
    readonly entry: string
    readonly sent: number

    constructor() {
      const own = keys[begun % keys.length]!
      const id = ids.next()
      const text = canonicalJson(bodyOf(begun))
      this.sent = begun % timedEach === 0 ? performance.now() : 0
      collector.keep(own, id, 'result', text)
      this.entry = `{"act":"${id}","kind":"bench","result":"${commitText(own.salt, id, 'result', text)}","v":1}`
      begun++
    }

    contentsDurable(): void {
      ledger.append(this.entry, (fault) => {
        if (fault !== undefined) raise(fault)
        done++
        const now = performance.now()
        if (this.sent > 0) times.push(now - this.sent)
        if (now - start < ms) collector.after(new Act())
        else if (done === begun) resolve()
      })
    }
  }

  // The timers of a node keep no process alive.
  const awake = setInterval(() => undefined, 1000)
  for (let each = 0; each < inFlight; each++) collector.after(new Act())
  await over
  clearInterval(awake)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  await collector.close()
  await shelf.close()
  const sorted = times.sort((left, right) => left - right)
  const at = (part: number) => Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 100) / 100
  return {
    inFlight,
    subjects: options.subjects,
    bodyBytes: canonicalJson(bodyOf(0)).length,
    perS: Math.round(done / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuUs: Math.round(((user + system) / done) * 100) / 100,
  }
}

/** What an act says, of a usual size and with members in no order. */
function bodyOf(number: number) {
  return {
    to: 'someone@example.org',
    subject: `message ${number}`,
    body: 'The quick brown fox jumps over the lazy dog. '.repeat(4),
    options: { priority: number % 3, tags: ['bench', 'ledger'], dryRun: false },
  }
}

function raise(error: Error): never {
  throw error
}
