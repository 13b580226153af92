import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

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

/** Writes some bytes from an offset on and answers how many; tests bring a disk that is full. */
type WriteSome = (file: number, bytes: Uint8Array, offset: number) => number

/**
 * Makes a small file that only this user can read: whole and durable, or not there, also when the disk is full or the
 * process ends meanwhile. Throws EEXIST instead of writing over one. Before anything else runs, hence without a promise.
 */
export function makeFile(path: string, content: Uint8Array, write: WriteSome = writeSync): void {
  const beside = `${path}.new`
  try {
    // What an attempt that was cut off left there.
    rmSync(beside, { force: true })
    writeNew(beside, content, write)
    linkSync(beside, path)
  } finally {
    rmSync(beside, { force: true })
  }
  if (process.platform === 'win32') return
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function writeNew(path: string, content: Uint8Array, write: WriteSome): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    for (let at = 0; at < content.length;) at += write(file, content, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
