import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Shot } from './draft.ts'

export type FailureKind = 'crash' | 'leak' | 'undefined'

/** Outside what is tracked. */
const folder = fileURLToPath(new URL('../../.ambit/fuzz/', import.meta.url))
/** Each way to fail is kept a few times; a run finds the common ones thousands of times. */
const keptOfEach = 3
const whyCharactersMax = 600
const bytesMax = 200_000

interface Failure {
  readonly kind: FailureKind
  readonly why: string
  readonly shots: readonly { at: number; what: string; holder: string; text: string; base64: string }[]
}

/** What a run found, and the messages that found it. */
export class Failures {
  readonly #protocol: string
  readonly #seed: number
  readonly #counts = new Map<FailureKind, number>()
  readonly #byForm = new Map<string, number>()
  readonly #kept: Failure[] = []

  constructor(protocol: string, seed: number) {
    this.#protocol = protocol
    this.#seed = seed
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  count(kind: FailureKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Each form of failure with how often it came, the most frequent first. */
  kinds(): string[] {
    const sorted = [...this.#byForm.entries()].toSorted(([, left], [, right]) => right - left)
    return sorted.map(([form, count]) => `${count} × ${form}`)
  }

  add(kind: FailureKind, why: string, shots: readonly Shot[] | undefined): void {
    this.#counts.set(kind, this.count(kind) + 1)
    const form = `${kind}: ${formOf(why)}`
    const seen = this.#byForm.get(form) ?? 0
    this.#byForm.set(form, seen + 1)
    if (seen >= keptOfEach) return
    this.#kept.push({ kind, why: why.slice(0, whyCharactersMax), shots: (shots ?? []).map(keptShot) })
  }

  /** Writes what was kept to a file, and gives its name; undefined when there is nothing. */
  write(log: string): string | undefined {
    if (this.#kept.length === 0) return undefined
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `${this.#protocol}-${this.#seed}.json`)
    const { kinds, failures } = { kinds: this.kinds(), failures: this.#kept }
    writeFileSync(file, `${JSON.stringify({ seed: this.#seed, kinds, failures, log }, undefined, 2)}\n`)
    return file
  }
}

function keptShot({ at, what, holder, bytes }: Shot): Failure['shots'][number] {
  const kept = bytes.subarray(0, bytesMax)
  return { at, what, holder, text: kept.toString('utf8').slice(0, 4000), base64: kept.toString('base64') }
}

/** A failure without what differs between two of its kind: the message it quotes, names and numbers. */
function formOf(why: string): string {
  return why
    .replace(/\{.*/s, '{…}')
    .replaceAll(/(?:CANARY-\w+-\w+(?:, )?)+/g, 'a secret')
    .replaceAll(/[0-9a-f]{16,}/g, '…')
    .replaceAll(/\d+/g, 'N')
    .slice(0, 220)
}
