import { close, constants, fdatasync, fsync, open, read, write } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { syncDirectory } from './durable-file.ts'

/** A file of the log. The port through which tests inject full disks, short writes and errors. */
export interface DiskFile {
  /**
   * One write at a position; may write less than asked without an error. In a file opened `durable`, what is reported
   * as written survives a loss of power.
   */
  write(bytes: Uint8Array, offset: number, length: number, position: number, done: Written): void
  /** Fills the buffer from a position as far as the file goes; answers how many bytes it read. */
  read(into: Uint8Array, position: number): Promise<number>
  size(): Promise<number>
  sync(): Promise<void>
  close(): Promise<void>
}

export type Written = (error: Error | null, written: number) => void

export interface Disk {
  /** Opens for reading and writing, making the file where there is none. */
  open(path: string, mode: 'plain' | 'durable'): Promise<DiskFile>
  /** Names in a directory, which is made where there is none. */
  list(directory: string): Promise<string[]>
  remove(path: string): Promise<void>
  syncDirectory(directory: string): Promise<void>
}

export const localDisk: Disk = {
  open: openFile,
  async list(directory) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return readdir(directory)
  },
  remove: (path) => rm(path, { force: true }),
  syncDirectory,
}

/** Writes everything, going on after short writes. A write of nothing counts as a full disk. */
export function writeAll(
  file: DiskFile,
  bytes: Uint8Array,
  length: number,
  position: number,
  done: (error: Error | null) => void,
  offset = 0,
): void {
  file.write(bytes, offset, length, position, (error, written) => {
    if (error !== null || written === length) return done(error)
    if (written === 0) return done(new DiskFullError())
    writeAll(file, bytes, length - written, position + written, done, offset + written)
  })
}

export function writeWhole(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    writeAll(file, bytes, bytes.length, position, (error) => (error === null ? resolve() : reject(error)))
  })
}

/** Zeros are written in pieces of this size, so that preparing a segment never holds much memory. */
const zeros = Buffer.alloc(1024 * 1024)

/** Fills with zeros from one offset up to another. */
export async function zeroFill(file: DiskFile, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += zeros.length) {
    await writeWhole(file, zeros.subarray(0, Math.min(zeros.length, to - at)), at)
  }
}

class DiskFullError extends Error {
  readonly code = 'ENOSPC'
  constructor() {
    super('the disk took no more bytes and gave no error')
  }
}

/** Whether an error says that there is no room; unlike others it passes when room is made. */
export function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOSPC', 'EDQUOT', 'EFBIG'].some((code) => code === error.code)
  )
}

// Windows has no O_DSYNC; there each write is followed by a sync.
const durableFlag: number | undefined = constants.O_DSYNC

function openFile(path: string, mode: 'plain' | 'durable'): Promise<DiskFile> {
  const durable = mode === 'durable'
  const flags = constants.O_RDWR | constants.O_CREAT | (durable ? (durableFlag ?? 0) : 0)
  return new Promise((resolve, reject) => {
    open(path, flags, 0o600, (error, fd) => {
      if (error === null) resolve(fileOf(fd, path, durable && durableFlag === undefined))
      else reject(error)
    })
  })
}

function fileOf(fd: number, path: string, syncEachWrite: boolean): DiskFile {
  return {
    write(bytes, offset, length, position, done) {
      write(fd, bytes, offset, length, position, (error, written) => {
        if (error === null && syncEachWrite) fdatasync(fd, (failure) => done(failure, written))
        else done(error, written)
      })
    },
    read: (into, position) => readFully(fd, into, position),
    size: async () => (await stat(path)).size,
    sync: () => promised((done) => fsync(fd, done)),
    close: () => promised((done) => close(fd, done)),
  }
}

async function readFully(fd: number, into: Uint8Array, position: number): Promise<number> {
  let total = 0
  while (total < into.length) {
    const got = await new Promise<number>((resolve, reject) => {
      read(fd, into, total, into.length - total, position + total, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      )
    })
    if (got === 0) break
    total += got
  }
  return total
}

function promised(work: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => (error === null ? resolve() : reject(error)))
  })
}
