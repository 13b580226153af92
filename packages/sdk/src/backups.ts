import type { Connection, Options } from './connection.ts'

export interface Backup {
  readonly name: string
  readonly state: 'running' | 'done' | 'failed'
  /** Copied so far. */
  readonly files: number
  readonly bytes: number
  readonly reason?: string
}

export interface BackupList {
  /** On the machine of the node. */
  readonly folder: string
  /** Newest first. */
  readonly names: readonly string[]
  /** The one begun last since the node started. */
  readonly last?: Backup
}

/** Copies of the whole node, in the folder that its setting AMBIT_BACKUPS names. */
export function backupCalls({ call }: Connection) {
  return {
    /** Begins one; it goes on while the node works. */
    async begin({ signal }: Options = {}) {
      return await call<{ readonly folder: string; readonly backup: Backup }>('POST', '/api/backups', {
        signal,
      })
    },
    async list({ signal }: Options = {}) {
      return await call<BackupList>('GET', '/api/backups', { signal })
    },
  }
}
