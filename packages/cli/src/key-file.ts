import { readFile, stat } from 'node:fs/promises'
import type { Signer } from '@ambit/core/signature'
import { createPrivate } from './private-file.ts'
import { Refusal } from './refusal.ts'

/** What others on this machine may do with a file of the mode 0600: nothing. */
const othersMask = 0o077

/** Makes a holder's key and keeps it in a file of its own. Gives its did:key, which is no secret. */
export async function makeKeyFile(path: string): Promise<string> {
  const { createHolderKey } = await import('@ambit/sdk/holder-key')
  const { signer, secret } = await createHolderKey()
  await createPrivate(path, `${JSON.stringify({ key: signer.key, secret }, null, 2)}\n`)
  return signer.key
}

/** The signer of a key file; refused where others may read it, for then it is theirs too. */
export async function openKeyFile(path: string): Promise<Signer> {
  let text
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & othersMask) !== 0)
      throw new Refusal(`others on this machine may read ${path}`, `Make it yours alone: chmod 600 ${path}`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(`${path} could not be read`, 'Make a key with `ambit keys new <file>`.', error)
  }
  const { openHolderKey } = await import('@ambit/sdk/holder-key')
  try {
    const { secret } = JSON.parse(text) as { readonly secret?: unknown }
    return await openHolderKey(String(secret))
  } catch (error) {
    // The text is a secret: it stands in no message.
    throw new Refusal(`${path} holds no key`, 'Make one with `ambit keys new <file>`.', error)
  }
}
