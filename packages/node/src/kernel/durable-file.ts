import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Replaces a small file so that after a crash either the old or the new content is there: a file beside it is written
 * and synced, then renamed, then the directory is synced.
 */
export async function replaceFile(
  directory: string,
  name: string,
  content: Uint8Array | string,
): Promise<void> {
  const beside = join(directory, `${name}.new`)
  const file = await open(beside, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(beside, join(directory, name))
  await syncDirectory(directory)
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory; there a rename is durable once the file is.
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
