import { readFileSync } from 'node:fs'
import type { Clock } from '../../../kernel/clock.ts'
import { Roll } from '../../../kernel/roll.ts'
import type { Enrolled } from '../../../kernel/roll.ts'

/** Reading a few files of the kernel for each program, each second, is a thousandth of a processor. */
const lookMs = 1000
/** Processes of one program that are counted; a program with more is most likely one that starts them without end. */
const processesMax = 256

interface Watched extends Enrolled {
  readonly pid: number
  readonly bytesMax: number
  readonly exceeded: () => void
}

/**
 * Looks at the memory of programs and of what they started (Linux: /proc; elsewhere nothing is seen). A limit that the
 * kernel keeps (RLIMIT_AS, RLIMIT_DATA) cannot be set for programs on V8: they reserve far more than they use.
 */
export class MemoryWatch {
  readonly #clock: Clock
  readonly #watched = new Roll<Watched>()
  #stopTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `exceeded` each time the program is seen above its limit; the function returned ends that. */
  watch(pid: number, bytesMax: number, exceeded: () => void): () => void {
    const watched: Watched = { place: -1, pid, bytesMax, exceeded }
    this.#watched.add(watched)
    this.#lookLater()
    return () => {
      this.#watched.remove(watched)
      if (this.#watched.size > 0) return
      this.#stopTimer?.()
      this.#stopTimer = undefined
    }
  }

  #lookLater(): void {
    this.#stopTimer ??= this.#clock.after(lookMs, () => {
      this.#stopTimer = undefined
      for (const { pid, bytesMax, exceeded } of this.#watched) if (memoryOf(pid) > bytesMax) exceeded()
      if (this.#watched.size > 0) this.#lookLater()
    })
  }
}

/** Bytes in RAM of a process and all that it started; Infinity when those are too many to count. */
export function memoryOf(pid: number): number {
  const pids = [pid]
  let bytes = 0
  for (let at = 0; at < pids.length; at++) {
    if (pids.length > processesMax) return Infinity
    const own = pids[at]!
    bytes += residentBytes(read(`/proc/${own}/status`))
    for (const child of read(`/proc/${own}/task/${own}/children`).split(' ')) {
      if (child !== '') pids.push(Number(child))
    }
  }
  return bytes
}

function residentBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended meanwhile, or this system has no /proc: then there is nothing to count.
    return ''
  }
}
