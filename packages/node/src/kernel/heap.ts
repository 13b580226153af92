import { setFlagsFromString } from 'node:v8'

/** Beyond so many records what memory holds for good is more than what acts need in passing. */
const manyRecords = 20_000
/** Of what is in use: garbage may be that much more before it is collected, where V8 would let it be as much again or more. */
const garbagePercent = 20

/**
 * Heartbeats leave some 7 KB a connection that only a full collection finds, so with many records the heap would always
 * be as large as V8 lets it grow. A few per cent of a core for a third of the memory.
 */
export function keepHeapSmall(records: number): void {
  if (records > manyRecords) setFlagsFromString(`--heap-growing-percent=${garbagePercent}`)
}
