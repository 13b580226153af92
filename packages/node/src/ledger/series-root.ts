import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { coseRootMessage } from '@ambit/core/log/cose'
import type { LogSigner } from '@ambit/core/log/note'
import { replaceFile } from '../kernel/durable-file.ts'
import { signedHead } from './signed-head.ts'

const rootName = 'root-signature'

/** Signs the last root of a log for COSE receipts, while its key is there: once it has ended nothing is signed any more. */
export async function keepRootSignature(
  directory: string,
  signer: LogSigner,
  checkpoint: string,
): Promise<void> {
  const { root } = signedHead(checkpoint, directory)
  const signature = await signer.sign(coseRootMessage(Buffer.from(root, 'base64')))
  await replaceFile(directory, rootName, signature)
}

/** Undefined where the log was lost, or ended before such signatures were made. */
export async function keptRootSignature(directory: string): Promise<Buffer | undefined> {
  return await readFile(join(directory, rootName)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
}
