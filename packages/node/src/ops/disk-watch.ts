import { statfs } from 'node:fs/promises'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'

/** Room on the file system of a folder. */
export interface Room {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** How the disk is: `low` warns early, `full` stops acts while there still is room for what must be written. */
export interface DiskState extends Room {
  readonly level: 'ok' | 'low' | 'full'
  /** Below this no act begins. */
  readonly reserveBytes: number
  /** When the reserve is reached if it goes on like this; undefined while it does not shrink or too little is known. */
  readonly fullInS?: number
}

export interface DiskWatch {
  readonly state: DiskState
  /** Looks now, and then as often as it should; ends with the returned function of `start`. */
  start(): Promise<() => void>
}

export interface DiskWatchParts {
  readonly folder: string
  /** Undefined: a twentieth of the disk, at most 1 GiB. */
  readonly reserveBytes: number | undefined
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Called when acts must not begin any more, and with undefined when they may again. */
  onFull(fault: Fault | undefined): void
  /** Reads the room; tests give their own. */
  readonly room?: (folder: string) => Promise<Room>
}

const lookEveryMs = 5000
const gibibyte = 1024 ** 3
const reserveShare = 0.05
/** Between stopping and going on again lies a little room, or a disk at the edge would change with every file. */
const resumeShare = 1.1
/** So far back the forecast looks: long enough that one large batch does not frighten. */
const historyMs = 60 * 60_000
const samplesMax = historyMs / lookEveryMs
/** A forecast from less than this is a guess. */
const forecastFromMs = 60_000
/** Less than this left is worth a warning. */
const warnS = 24 * 3600
const warnTimesReserve = 2

interface Sample {
  readonly atMs: number
  readonly freeBytes: number
}

/** Watches the disk of the data folder, warns a day ahead, and stops acts before the disk is full. */
export function createDiskWatch(parts: DiskWatchParts): DiskWatch {
  const { folder, clock, log, metrics, room = roomOf } = parts
  const samples: Sample[] = []
  let state: DiskState = { freeBytes: 0, totalBytes: 0, reserveBytes: 0, level: 'ok' }
  metrics.gauge('ambit_disk_free_bytes', 'Room on the disk of the data folder.', () => state.freeBytes)
  metrics.gauge(
    'ambit_disk_full_seconds',
    'Time until acts stop because the disk is full, if it goes on like this; -1 when it does not shrink.',
    () => state.fullInS ?? -1,
  )
  async function look(): Promise<void> {
    const now = await room(folder)
    const atMs = clock.monotonicMs()
    samples.push({ atMs, freeBytes: now.freeBytes })
    if (samples.length > samplesMax) samples.shift()
    const before = state
    state = judge(now, parts.reserveBytes, samples, before.level)
    if (state.level !== before.level) tell(before.level, state)
  }
  function tell(before: DiskState['level'], { level, freeBytes, fullInS }: DiskState): void {
    const facts = { freeMb: Math.floor(freeBytes / 1024 ** 2), ...(fullInS === undefined ? {} : { fullInS }) }
    if (level === 'full') log.error('disk.full', facts)
    else if (level === 'low') log.warn('disk.low', facts)
    else log.info('disk.ok', facts)
    if (level === 'full') parts.onFull(fullFault(freeBytes))
    else if (before === 'full') parts.onFull(undefined)
  }
  return {
    get state() {
      return state
    },
    async start() {
      let cancel = (): void => undefined
      let stopped = false
      const again = (): void => {
        cancel = clock.after(lookEveryMs, () => {
          look()
            .catch((error: unknown) => log.warn('disk.unknown', { error: String(error) }))
            .finally(() => {
              if (!stopped) again()
            })
        })
      }
      await look()
      again()
      return () => {
        stopped = true
        cancel()
      }
    },
  }
}

function judge(
  room: Room,
  reserve: number | undefined,
  samples: readonly Sample[],
  before: DiskState['level'],
): DiskState {
  const reserveBytes = reserve ?? Math.min(Math.floor(room.totalBytes * reserveShare), gibibyte)
  const fullInS = forecast(samples, reserveBytes)
  const isFull = room.freeBytes < reserveBytes * (before === 'full' ? resumeShare : 1)
  const isLow = room.freeBytes < reserveBytes * warnTimesReserve || (fullInS !== undefined && fullInS < warnS)
  return {
    ...room,
    reserveBytes,
    level: isFull ? 'full' : isLow ? 'low' : 'ok',
    ...(fullInS === undefined ? {} : { fullInS }),
  }
}

/** The line through the oldest and the newest sample, down to the reserve. */
function forecast(samples: readonly Sample[], reserveBytes: number): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.atMs - first.atMs < forecastFromMs) return undefined
  const bytesPerMs = (first.freeBytes - last.freeBytes) / (last.atMs - first.atMs)
  if (bytesPerMs <= 0) return undefined
  return Math.max(0, Math.round((last.freeBytes - reserveBytes) / bytesPerMs / 1000))
}

function fullFault(freeBytes: number): Fault {
  return new Fault('ledger.full', {
    detail: `${Math.floor(freeBytes / 1024 ** 2)} MB are left on the disk, too few to begin acts that must be recorded`,
  })
}

async function roomOf(folder: string): Promise<Room> {
  // bavail: what this user may still take, without what is kept for root.
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
