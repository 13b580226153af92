import type { Bytes } from './bytes.ts'
import { base64, base64Bytes } from './bytes.ts'

/** Blocks of one text: a chain has three, a bundle of roots some dozens. */
const blocksMax = 1000

/**
 * One block of PEM (RFC 7468).
 *
 * @example
 * ```ts
 * await writeFile('agent.csr', pem('CERTIFICATE REQUEST', request))
 * ```
 */
export function pem(label: string, bytes: Uint8Array): string {
  const lines = base64(bytes).replaceAll(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

/** The contents of all blocks with a label, in their order; text between blocks is passed over. Throws a SyntaxError. */
export function pemBlocks(label: string, text: string): readonly Bytes[] {
  const blocks: Bytes[] = []
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`]
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const close = text.indexOf(end, at)
    if (close < 0) throw new SyntaxError(`PEM: a ${label} without its end`)
    if (blocks.length === blocksMax) throw new SyntaxError('PEM: too many blocks')
    blocks.push(base64Bytes(text.slice(at + begin.length, close).replaceAll(/[\s]/g, '')))
    at = close + end.length
  }
  return blocks
}
