import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { checkpointPath } from '@ambit/core/log/source'
import { tilePath, tileWidth } from '@ambit/core/log/tile'
import type { Tile } from '@ambit/core/log/tile'
import { Refusal } from '../../refusal.ts'

/** Writes the files of a log's public layout: each whole or not at all, and the checkpoint after everything it promises. */
export class MirrorFolder {
  #folder: string
  /** Folders whose new names are not on the disk yet. */
  #unsynced = new Set<string>()

  constructor(folder: string) {
    this.#folder = resolve(folder)
  }

  async write(tile: Tile, parts: readonly Uint8Array[]): Promise<void> {
    const path = tilePath(tile)
    const bytes = Buffer.concat(tile.level === 'entries' ? withLengths(parts) : parts)
    const there = await readFile(join(this.#folder, path)).catch(() => undefined)
    if (there?.equals(bytes) === true) return
    await this.#replace(path, bytes)
    // Its partial tiles say nothing more (c2sp.org/tlog-tiles).
    if (tile.width === tileWidth) await rm(join(this.#folder, `${path}.p`), { recursive: true, force: true })
  }

  /** Makes all files durable, then the note that promises them: the checkpoint, or the list of logs. */
  async finish(note: string, path = checkpointPath): Promise<void> {
    for (const directory of this.#unsynced) await syncDirectory(directory)
    this.#unsynced.clear()
    await this.#replace(path, Buffer.from(note))
    await syncDirectory(this.#folder)
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    const place = join(this.#folder, path)
    const draft = `${place}.${process.pid}.tmp`
    try {
      await mkdir(dirname(place), { recursive: true })
      await using file = await open(draft, 'w')
      await file.writeFile(bytes)
      await file.sync()
      await rename(draft, place)
    } catch (error) {
      await rm(draft, { force: true })
      const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      throw new Refusal(
        `${place} could not be written: ${why}`,
        'Free space or mend the folder, then go on.',
        error,
      )
    }
    for (let at = dirname(place); at.length >= this.#folder.length && at !== dirname(at); at = dirname(at)) {
      this.#unsynced.add(at)
    }
  }
}

/** A bundle: each entry behind its length in 16 bits. */
function withLengths(entries: readonly Uint8Array[]): Uint8Array[] {
  return entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry])
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}
