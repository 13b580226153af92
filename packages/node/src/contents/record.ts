/*
 * A content inside a block, before it is sealed: how many bytes it has (4, big-endian), which field (1), the act (16),
 * the bytes that were committed to. What came in pieces stands in several records, in order.
 */
export const recordHeadBytes = 21

export type ContentField = 'arguments' | 'result'

const numbers = { arguments: 1, result: 2 } as const
/** Set where a content was too large to be kept; no bytes follow. */
const leftOutBit = 0x80

export interface ContentRecord {
  readonly act: string
  readonly field: ContentField
  readonly leftOut: boolean
  readonly bytes: Buffer
}

export function writeRecordHead(
  into: Buffer,
  at: number,
  act: string,
  field: ContentField,
  bytes: number,
  leftOut: boolean,
): void {
  into.writeUInt32BE(bytes, at)
  into[at + 4] = numbers[field] | (leftOut ? leftOutBit : 0)
  into.write(act, at + 5, 16, 'hex')
}

/** The records of an opened block; ends where one is not whole. */
export function* readRecords(block: Buffer): Generator<ContentRecord> {
  for (let at = 0; at + recordHeadBytes <= block.length;) {
    const bytes = block.readUInt32BE(at)
    const end = at + recordHeadBytes + bytes
    if (end > block.length) return
    const kind = block[at + 4]!
    yield {
      act: block.toString('hex', at + 5, at + recordHeadBytes),
      field: (kind & ~leftOutBit) === numbers.arguments ? 'arguments' : 'result',
      leftOut: (kind & leftOutBit) !== 0,
      bytes: block.subarray(at + recordHeadBytes, end),
    }
    at = end
  }
}
