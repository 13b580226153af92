import { rename, rm, writeFile } from 'node:fs/promises'
import { Refusal } from './refusal.ts'

/** Writes a file that holds a credential: readable by its owner only, and whole or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw new Refusal(`${path} could not be written`, 'Check that the folder exists and is yours.', error)
  }
}

/** The same, and only where no file of that name is yet: a key that is written over is lost. */
export async function createPrivate(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const there = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new Refusal(
      there ? `${path} is there already` : `${path} could not be written`,
      there ? 'Choose another name: it is not written over.' : 'Check that the folder exists and is yours.',
      error,
    )
  }
}
