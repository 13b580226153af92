import { hash } from 'node:crypto'

/**
 * Salted commitments of the two contents of an act, as receipt.ts of core defines them:
 * SHA-256(domain ‖ salt ‖ content). The salt is SHA-256(salt domain ‖ subject key ‖ act id ‖ field), so that no salt
 * has to be stored for each act, and destroying the subject's key erases all of them at once.
 */
const domain = Buffer.from('ambit/commitment/v1\0')
const saltDomain = Buffer.from('ambit/salt/v1\0')
const saltBytes = 32
const contentAt = domain.length + saltBytes
/** Contents up to this size are hashed in one call from a buffer that is used again; larger ones get their own. */
const scratchBytes = 256 * 1024

export type CommittedField = 'arguments' | 'result'

const scratch = Buffer.allocUnsafeSlow(contentAt + scratchBytes)
domain.copy(scratch, 0)

const saltKeyAt = saltDomain.length
const saltActAt = saltKeyAt + 32
const actIdBytes = 32
const saltScratch = Buffer.allocUnsafeSlow(saltActAt + actIdBytes + 1)
saltDomain.copy(saltScratch, 0)

function writeSalt(saltKey: Buffer, act: string, field: CommittedField, into: Buffer, at: number): void {
  saltKey.copy(saltScratch, saltKeyAt)
  saltScratch.write(act, saltActAt, actIdBytes, 'latin1')
  saltScratch[saltActAt + actIdBytes] = field === 'arguments' ? 1 : 2
  into.write(hash('sha256', saltScratch, 'latin1' as 'hex'), at, saltBytes, 'latin1')
}

/** The salt of one field of an act, for those entitled to open it. */
export function saltOf(saltKey: Buffer, act: string, field: CommittedField): Buffer {
  const salt = Buffer.alloc(saltBytes)
  writeSalt(saltKey, act, field, salt, 0)
  return salt
}

/** `sha256:` and hexadecimal digits; at once, without allocation for contents of ordinary size. */
export function commitText(saltKey: Buffer, act: string, field: CommittedField, content: string): string {
  // A UTF-16 unit never takes more than three bytes of UTF-8.
  if (content.length * 3 > scratchBytes) return commitBytes(saltKey, act, field, Buffer.from(content))
  writeSalt(saltKey, act, field, scratch, domain.length)
  const written = scratch.write(content, contentAt, 'utf8')
  return `sha256:${hash('sha256', scratch.subarray(0, contentAt + written), 'hex')}`
}

export function commitBytes(
  saltKey: Buffer,
  act: string,
  field: CommittedField,
  content: Uint8Array,
): string {
  const whole =
    content.length <= scratchBytes ? scratch : Buffer.concat([domain, Buffer.alloc(saltBytes), content])
  writeSalt(saltKey, act, field, whole, domain.length)
  if (whole === scratch) scratch.set(content, contentAt)
  return `sha256:${hash('sha256', whole.subarray(0, contentAt + content.length), 'hex')}`
}
