import type { Leaf } from '@ambit/core/leaf'
import { entryBytesMax, leafSchema } from '@ambit/core/leaf'

/** A log in memory that refuses what no log of ours may hold. */
export interface MemoryLog {
  readonly leaves: Leaf[]
  write(entry: string): Promise<number>
}

export function memoryLog(): MemoryLog {
  const leaves: Leaf[] = []
  return {
    leaves,
    async write(entry) {
      if (Buffer.byteLength(entry) > entryBytesMax) throw new RangeError('the entry is too long')
      leaves.push(leafSchema.parse(JSON.parse(entry)))
      return leaves.length - 1
    },
  }
}
