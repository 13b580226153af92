import { link, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../kernel/clock.ts'

/** Directories that this process writes, so that it cannot open one twice. */
const held = new Set<string>()
/** Two processes that find the same stale lock try again a few times; after that someone else has it. */
const attemptsMax = 5
const randomNameBytes = 8

export interface Lock {
  release(): Promise<void>
}

/**
 * Takes the one right to write a directory. The lock names the process by its number and the moment it began, so
 * that a number used again after a crash does not pass for the writer. It holds among processes that see each other's
 * numbers; across machines the guard decides.
 */
export async function lockDirectory(directory: string, clock: Clock): Promise<Lock> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const real = await realpath(directory)
  if (held.has(real)) throw locked(real, process.pid)
  held.add(real)
  const path = join(real, 'lock')
  const mine = `${process.pid} ${processStart(process.pid) ?? ''}\n`
  const claim = join(real, `lock.${clock.random(randomNameBytes).toString('hex')}`)
  try {
    await writeFile(claim, mine, { flag: 'wx', mode: 0o600 })
    await take(real, path, claim)
  } catch (error) {
    held.delete(real)
    throw error
  } finally {
    await rm(claim, { force: true })
  }
  return {
    async release() {
      await rm(path, { force: true })
      held.delete(real)
    },
  }
}

/** A hard link appears whole or not at all, and never over an existing lock. */
async function take(directory: string, path: string, claim: string): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await linked(claim, path)) return
    const holder = await readFile(path, 'utf8').catch(() => undefined)
    if (holder === undefined) continue
    const pid = Number.parseInt(holder, 10)
    if (isAlive(holder, pid)) throw locked(directory, pid)
    // The stale lock is moved aside, not deleted: whoever finds that it moved a living one puts it back.
    const aside = `${claim}.stale`
    await rename(path, aside).catch(() => undefined)
    const moved = await readFile(aside, 'utf8').catch(() => undefined)
    if (moved !== undefined && moved !== holder) await linked(aside, path)
    await rm(aside, { force: true })
  }
  throw locked(directory, undefined)
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOENT'))
      return false
    throw error
  }
}

function isAlive(holder: string, pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  const start = processStart(pid)
  if (start !== undefined) return holder === `${pid} ${start}\n`
  // Without /proc a lock that names this process is taken for one of an earlier process that had the same number.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process began, in ticks since the machine's boot and with the boot's id; undefined where there is no /proc. */
function processStart(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22, counted after the command name in brackets, which may itself hold spaces and brackets.
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
  } catch {
    return undefined
  }
}

function locked(directory: string, pid: number | undefined): Fault {
  const holder = pid === undefined ? 'another process' : `process ${pid}`
  return new Fault('ledger.locked', { detail: `${holder} writes to this log`, where: directory })
}
