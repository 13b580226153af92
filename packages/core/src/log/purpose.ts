import { concatBytes, utf8 } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'

/** What a log's key signs besides notes: promises, or the key that signs them in its place. */
export type Purpose = 'promise' | 'promise-key'

/**
 * What is signed for a purpose: `ambit/<purpose>/v1`, a zero byte, the content. No note holds a zero byte, so that
 * nothing signed for a purpose can be taken for a checkpoint, and no checkpoint for it.
 */
export function purposeMessage(purpose: Purpose, content: Uint8Array): Bytes {
  return concatBytes(utf8(`ambit/${purpose}/v1\0`), content)
}
