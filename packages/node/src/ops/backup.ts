import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { manifestName } from '@ambit/core/backup'
import type { BackupFile, BackupManifest } from '@ambit/core/backup'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import { replaceFile, syncDirectory } from '../kernel/durable-file.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/store.ts'

export interface BackupParts {
  readonly dataFolder: string
  readonly guardFolder: string
  readonly backupFolder: string
  readonly store: Store
  /** The logs that are being written, with what is durable of each. */
  logs(): readonly { readonly origin: string; readonly size: number }[]
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

export interface BackupState {
  readonly name: string
  readonly state: 'running' | 'done' | 'failed'
  /** Copied so far. */
  readonly files: number
  readonly bytes: number
  readonly reason?: string
}

export interface Backups {
  /** Where they lie, on the machine of the node. */
  readonly folder: string
  /** Begins one; throws `store.backup-running` while another is made. */
  begin(): BackupState
  /** The one that was begun last since the start. */
  last(): BackupState | undefined
  /** Names of those that are whole, newest first. */
  names(): Promise<readonly string[]>
}

const partialSuffix = '.partial'
const pieceBytes = 1024 * 1024
/** Files that stand for this process, or for a write that is under way. */
const passing = /(?:^|\/)lock(?:\.[0-9a-f]+)?$|\.new$|\.partial$/
const sqliteName = 'store.sqlite'
/** What supervised programs keep for themselves: theirs to back up, and often large. */
const childrenName = 'children'

/**
 * Copies a running node: first how far its logs were signed, then its rows, then everything else, the logs before the
 * contents of their acts. So the copy's logs hold at least what its guard and its rows know of, and a log is cut at the
 * same place as by a crash, which its recovery heals.
 */
export function createBackups(parts: BackupParts): Backups {
  let current: BackupState | undefined
  async function follow(copy: Copy, state: (now: BackupState['state']) => BackupState): Promise<void> {
    try {
      await copy.run()
      current = state('done')
      parts.log.info('backup.done', { ...current })
    } catch (error) {
      current = { ...state('failed'), reason: reasonOf(error) }
      parts.log.error('backup.failed', { ...current })
    }
  }
  return {
    folder: parts.backupFolder,
    begin() {
      if (current?.state === 'running') {
        throw new Fault('store.backup-running', { detail: `the backup ${current.name} is being made` })
      }
      const name = timeText(parts.clock.now()).replaceAll(':', '-')
      const copy = new Copy(parts, name)
      const state = (now: BackupState['state']): BackupState => ({
        name,
        state: now,
        files: copy.files.length,
        bytes: copy.bytes,
      })
      copy.onFile = () => {
        current = state('running')
      }
      const begun = state('running')
      current = begun
      void follow(copy, state)
      return begun
    },
    last: () => current,
    async names() {
      const names = await readdir(parts.backupFolder).catch(() => [] as string[])
      return names
        .filter((name) => !name.endsWith(partialSuffix))
        .toSorted()
        .toReversed()
    },
  }
}

class Copy {
  readonly files: BackupFile[] = []
  bytes = 0
  onFile: () => void = () => undefined
  #parts: BackupParts
  #name: string
  #at: string
  #piece = Buffer.allocUnsafeSlow(pieceBytes)

  constructor(parts: BackupParts, name: string) {
    this.#parts = parts
    this.#name = name
    this.#at = join(parts.backupFolder, `${name}${partialSuffix}`)
  }

  async run(): Promise<void> {
    const { backupFolder, dataFolder, guardFolder, store, version, clock } = this.#parts
    await mkdir(backupFolder, { recursive: true, mode: 0o700 })
    await mkdir(this.#at, { mode: 0o700 })
    try {
      await this.#folder(guardFolder, 'guard')
      await this.#rows()
      const logs = [...this.#parts.logs()]
      await this.#folder(dataFolder, 'data', ['log'])
      await this.#folder(dataFolder, 'data', undefined, ['log', childrenName])
      const manifest: BackupManifest = {
        v: 1,
        type: 'ambit-backup',
        at: timeText(clock.now()),
        version,
        store: store.engine,
        logs,
        files: this.files,
      }
      await replaceFile(this.#at, manifestName, `${JSON.stringify(manifest)}\n`)
      await rename(this.#at, join(backupFolder, this.#name))
      await syncDirectory(backupFolder)
    } catch (error) {
      await rm(this.#at, { recursive: true, force: true })
      throw error
    }
  }

  async #rows(): Promise<void> {
    if (this.#parts.store.engine !== 'sqlite') return
    const path = join(this.#at, 'data', sqliteName)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await this.#parts.store.copyTo(path)
    await this.#digest(path)
  }

  /** Copies what lies below a folder; `only` and `but` name entries of the folder itself. */
  async #folder(
    from: string,
    to: string,
    only?: readonly string[],
    but: readonly string[] = [],
  ): Promise<void> {
    const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const source = join(entry.parentPath, entry.name)
      const inside = relative(from, source).replaceAll('\\', '/')
      const [top = ''] = inside.split('/')
      if (passing.test(inside) || top.startsWith(sqliteName)) continue
      if (but.includes(top) || (only !== undefined && !only.includes(top))) continue
      await this.#file(source, `${to}/${inside}`)
    }
  }

  async #file(source: string, path: string): Promise<void> {
    const target = join(this.#at, path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    const from = await open(source, 'r').catch((error: unknown) => {
      // Gone since the folder was listed: a server program's own file, or one that was pruned.
      if (isMissing(error)) return undefined
      throw error
    })
    if (from === undefined) return
    try {
      const to = await open(target, 'wx', 0o600)
      try {
        const digest = createHash('sha256')
        let bytes = 0
        for (;;) {
          const { bytesRead } = await from.read(this.#piece, 0, pieceBytes)
          if (bytesRead === 0) break
          const piece = this.#piece.subarray(0, bytesRead)
          digest.update(piece)
          await to.writeFile(piece)
          bytes += bytesRead
        }
        await to.datasync()
        this.#note(path, bytes, digest.digest('hex'))
      } finally {
        await to.close()
      }
    } finally {
      await from.close()
    }
  }

  /** Of a file that is there already. */
  async #digest(path: string): Promise<void> {
    const file = await open(path, 'r+')
    try {
      const digest = createHash('sha256')
      let bytes = 0
      for (;;) {
        const { bytesRead } = await file.read(this.#piece, 0, pieceBytes)
        if (bytesRead === 0) break
        digest.update(this.#piece.subarray(0, bytesRead))
        bytes += bytesRead
      }
      await file.datasync()
      this.#note(relative(this.#at, path).replaceAll('\\', '/'), bytes, digest.digest('hex'))
    } finally {
      await file.close()
    }
  }

  #note(path: string, bytes: number, hex: string): void {
    this.files.push({ path, bytes, digest: `sha256:${hex}` })
    this.bytes += bytes
    this.onFile()
  }
}

function reasonOf(error: unknown): string {
  const { code, detail } = Fault.from(error)
  return code === 'internal' && error instanceof Error ? error.message : detail
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
