import { decode } from 'cborg'
import { concatBytes } from './bytes.ts'
import { didKey } from './id/did-key.ts'

const coordinateBytes = 32

/** COSE algorithms of the keys that Ambit takes (RFC 9053 section 2): ES256 and EdDSA. */
export const passkeyAlgorithms = { es256: -7, eddsa: -8 } as const

/**
 * The did:key of a passkey's public key (COSE_Key, RFC 9052 section 7): ES256 on P-256, or EdDSA on Ed25519. Undefined
 * for any other.
 */
export function didKeyOfCose(cose: Uint8Array): string | undefined {
  const key: unknown = decode(cose, { useMaps: true })
  if (!(key instanceof Map)) return undefined
  const [type, algorithm, curve, x, y] = [1, 3, -1, -2, -3].map((label) => key.get(label) as unknown)
  if (!(x instanceof Uint8Array) || x.length !== coordinateBytes) return undefined
  if (type === 1 && algorithm === passkeyAlgorithms.eddsa && curve === 6) return didKey('ed25519', x)
  if (type !== 2 || algorithm !== passkeyAlgorithms.es256 || curve !== 1) return undefined
  if (!(y instanceof Uint8Array) || y.length !== coordinateBytes) return undefined
  // A compressed point (SEC 1 section 2.3.3): the parity of y tells which of the two it is.
  return didKey('p256', concatBytes(Uint8Array.of(2 + (y[coordinateBytes - 1]! & 1)), x))
}
