import type { Random } from './random.ts'

/** Longer than any body this node takes. */
const overLongBytes = 5 * 1024 * 1024

/** Bytes that are no longer what they were. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  switch (random.below(11)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes, random.bytes(1 + random.below(20))])
    case 2:
      return Buffer.concat([Buffer.from('\ufeff'), bytes])
    case 3:
      // A lone continuation byte and an overlong slash.
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0x80, 0xc0, 0xaf, 0xff]), bytes.subarray(at)])
    case 4:
      return Buffer.from(bytes.toString('utf8'), 'utf16le')
    case 5:
      return Buffer.concat([bytes, bytes])
    case 6:
      return Buffer.concat([bytes, Buffer.from('\n'), bytes])
    case 7:
      return Buffer.alloc(0)
    case 8:
      return random.bytes(random.below(300))
    case 9:
      return random.onceIn(40)
        ? Buffer.alloc(overLongBytes, 0x5b)
        : Buffer.concat([Buffer.alloc(9, 0), bytes])
    default: {
      const flipped = Buffer.from(bytes)
      for (let turn = 0; turn < 3 && flipped.length > 0; turn++) {
        flipped[random.below(flipped.length)]! ^= 1 << random.below(8)
      }
      return flipped
    }
  }
}
