import type { Fault } from '@ambit/core/fault'
import { SubjectKeys } from '../identity/identity.ts'
import type { Period } from '../identity/identity.ts'
import { readHead } from './block.ts'
import { readRecords } from './record.ts'
import type { ContentRecord } from './record.ts'
import { openBlock } from './seal.ts'
import type { ContentShelf, FoundBlock, SealedBlock } from './shelf.ts'

/** A shelf in memory for tests: they say when a write ends, and how. */
export interface MemoryShelf extends ContentShelf {
  readonly blocks: SealedBlock[]
  readonly writing: number
  /** Ends the write that is under way. */
  end(fault?: Fault): Promise<void>
}

export function memoryShelf(): MemoryShelf {
  const blocks: SealedBlock[] = []
  let writing: { blocks: readonly SealedBlock[]; done: (fault: Fault | undefined) => void } | undefined
  return {
    blocks,
    get writing() {
      return writing?.blocks.length ?? 0
    },
    async end(fault) {
      await turns()
      const one = writing
      writing = undefined
      if (fault === undefined) blocks.push(...(one?.blocks ?? []))
      one?.done(fault)
      await turns()
    },
    async append(given) {
      if (writing !== undefined) throw new Error('two writes at once')
      const fault = await new Promise<Fault | undefined>((done) => (writing = { blocks: given, done }))
      if (fault !== undefined) throw fault
    },
    find: async () => ({ blocks: [], damaged: false }),
    erase: async () => 0,
    prune: async () => undefined,
    close: async () => undefined,
  }
}

/** What follows from one thing takes a few turns. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

export function someKeys(seed: number, period: Period = '2026h1'): SubjectKeys {
  return new SubjectKeys(Buffer.alloc(32, seed), period)
}

export function actId(number: number, ms = 0): string {
  return ms.toString(16).padStart(12, '0') + number.toString(16).padStart(20, '0')
}

/** The records that these keys open, in order. */
export function recordsOf(blocks: readonly Pick<FoundBlock, 'bytes'>[], keys: SubjectKeys): ContentRecord[] {
  return blocks.flatMap(({ bytes }) => {
    const head = readHead(bytes, 0)
    const content = head === undefined ? undefined : openBlock({ head, bytes }, keys)
    return content === undefined ? [] : [...readRecords(content)]
  })
}

/** Field and text of each. */
export function said(blocks: readonly Pick<FoundBlock, 'bytes'>[], keys: SubjectKeys): string[] {
  return recordsOf(blocks, keys).map(
    ({ field, bytes, leftOut }) => `${field} ${leftOut ? '-' : bytes.toString()}`,
  )
}
