import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { median } from '../machine.ts'

const rounds = 2000
const bytes = 1000

/** One signature of Ed25519 over a link's worth of bytes, in µs (median): three of these are the floor of a cold chain. */
export function verifyTime(): number {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const text = Buffer.alloc(bytes, 1)
  const signature = sign(null, text, privateKey)
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    verify(null, text, publicKey, signature)
    return (performance.now() - start) * 1000
  })
  return median(times)
}
