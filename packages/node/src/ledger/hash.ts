import { hash } from 'node:crypto'

/** Hashes are kept as latin1 strings of 32 characters: making and copying them costs a third of a Buffer each. */
export type Hash = string

export const zeroHash: Hash = '\0'.repeat(32)

export function sha256(bytes: Uint8Array): Hash {
  return hash('sha256', bytes, 'latin1')
}
