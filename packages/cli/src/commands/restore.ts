import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { backupManifestSchema, manifestName } from '@ambit/core/backup'
import type { BackupFile, BackupManifest } from '@ambit/core/backup'
import { parseCheckpoint } from '@ambit/core/log/checkpoint'
import type { Context } from '../context.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { cell, facts, shown } from '../text.ts'

export interface RestoreTarget {
  readonly data: string
  readonly guard: string
  readonly replace?: boolean
  readonly beginAfterLoss?: boolean
}

/** A log of which more was signed than the backup holds. */
interface Loss {
  readonly origin: string
  readonly signed: number
  readonly held: number
}

const pieceBytes = 1024 * 1024
const percentEach = 10
/** What the paths of a backup begin with. */
const dataPrefix = 'data/'
const guardPrefix = 'guard/'
/** In the folder of a series of logs: the node reads it at its next start. */
const afterLossName = 'begin-after-loss'

/**
 * Checks every file of a backup, then puts its data folder in place. The guard is never put back: it stays as it is, or
 * takes what the backup knows where it knows nothing, so that a log can never sign a second history.
 */
export async function restore(context: Context, backup: string, target: RestoreTarget): Promise<void> {
  const manifest = await readManifest(backup)
  await checkFiles(context, backup, manifest)
  const losses = await lossesOf(backup, manifest, target.guard)
  if (losses.length > 0 && target.beginAfterLoss !== true) {
    context.reply({ text: lossText(losses), json: { restored: false, losses }, exitCode: exitCodes.refused })
    return
  }
  const isThere = await checkRoom(target)
  const draft = `${target.data}.restoring`
  await copyAll(backup, manifest, target.guard, draft, losses)
  // Only now, so that a copy that fails leaves everything where it was.
  const moved = isThere ? await moveAside(context, target.data) : undefined
  await rename(draft, target.data)
  context.reply({
    text: [
      facts([
        ['data', cell(target.data)],
        ['guard', cell(target.guard)],
        ['files', String(manifest.files.length)],
        ['made', manifest.at],
        ...(moved === undefined ? [] : [['moved aside', cell(moved)] as const]),
      ]),
      manifest.store === 'postgres'
        ? 'The rows of that node lie on a PostgreSQL server: restore them there to the same moment, then start the node.'
        : 'Start the node with this data folder: it checks its logs before it takes any act.',
      'Never run it beside the node it was copied from: both would sign for the same logs.',
      `Whoever was erased after ${manifest.at} is in it again: erase them once more (\`ambit erase\`).`,
      ...(losses.length === 0 ? [] : ['It begins new logs, whose first entries say what was lost.']),
    ].join('\n\n'),
    json: {
      restored: true,
      data: target.data,
      guard: target.guard,
      files: manifest.files.length,
      moved,
      losses,
    },
  })
}

/** Makes the draft of the data folder and fills the guard. What the disk says is told in words. */
async function copyAll(
  backup: string,
  manifest: BackupManifest,
  guard: string,
  draft: string,
  losses: readonly Loss[],
): Promise<void> {
  try {
    await copyData(backup, manifest, draft)
    for (const { origin, signed, held } of losses) {
      const reason = `restored from a backup of ${manifest.at} with ${held} of ${signed} signed entries`
      const path = join(draft, 'log', seriesOf(origin), afterLossName)
      await writeFile(path, JSON.stringify({ reason }), { mode: 0o600, flush: true })
    }
    await fillGuard(backup, manifest, guard)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(
      `the backup could not be copied: ${error instanceof Error ? error.message : String(error)}`,
      `Look at the disk, then restore again: the data folder is as it was, and ${draft} may be deleted.`,
      error,
    )
  }
}

async function readManifest(backup: string): Promise<BackupManifest> {
  const path = join(backup, manifestName)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Refusal(
      `${path} could not be read`,
      'Name a folder that `ambit backup` made; one without its manifest was never finished.',
      error,
    )
  })
  const parsed = backupManifestSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new Refusal(`${path} is no manifest of a backup`, 'It is damaged: take another backup.')
}

async function checkFiles(context: Context, backup: string, { files }: BackupManifest): Promise<void> {
  const total = files.reduce((sum, file) => sum + file.bytes, 0)
  let done = 0
  let said = 0
  for (const file of files) {
    await checkFile(backup, file)
    done += file.bytes
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
    if (percent >= said + percentEach) {
      said = percent
      context.terminal.err(`checked ${percent} %`)
    }
  }
}

/** Reads a file of the backup and holds it against the manifest; copies it where `to` is given. */
async function checkFile(
  backup: string,
  { path, bytes, digest }: BackupFile,
  to?: FileHandle,
): Promise<void> {
  const damaged = (what: string, cause?: unknown): Refusal =>
    new Refusal(
      `${shown(path)} of the backup ${what}`,
      'The backup is damaged and nothing was restored: take another one.',
      cause,
    )
  const file = await open(join(backup, path), 'r').catch((error: unknown) => {
    throw damaged('is missing', error)
  })
  try {
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(pieceBytes)
    let read = 0
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes)
      if (bytesRead === 0) break
      hash.update(piece.subarray(0, bytesRead))
      await to?.writeFile(piece.subarray(0, bytesRead))
      read += bytesRead
    }
    if (read !== bytes) throw damaged(`has ${read} bytes, not ${bytes}`)
    if (`sha256:${hash.digest('hex')}` !== digest) throw damaged('is not what was copied')
  } finally {
    await file.close()
  }
}

/** Copies what the manifest lists and nothing else: no links, and whatever its mode became on the way, only for this user. */
async function copyData(backup: string, { files }: BackupManifest, draft: string): Promise<void> {
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true, mode: 0o700 })
  for (const file of files) {
    if (!file.path.startsWith(dataPrefix)) continue
    const target = join(draft, file.path.slice(dataPrefix.length))
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await copyFile(backup, file, target)
  }
}

async function copyFile(backup: string, file: BackupFile, target: string): Promise<void> {
  const to = await open(target, 'wx', 0o600)
  try {
    await checkFile(backup, file, to)
    await to.datasync()
  } finally {
    await to.close()
  }
}

/** Heads that the guard knows and the backup was made before. */
async function lossesOf(backup: string, { logs }: BackupManifest, guard: string): Promise<Loss[]> {
  const losses: Loss[] = []
  for (const name of await readdir(guard).catch(() => [] as string[])) {
    const signed = await headOf(join(guard, name))
    const known = await headOf(join(backup, 'guard', name))
    // A log that the backup does not know at all belongs to another node that keeps its guard here too.
    if (signed === undefined || known === undefined) continue
    const copied = logs.find((log) => log.origin === signed.origin)?.size ?? 0
    const held = Math.max(known.size, copied)
    if (held < signed.size) losses.push({ origin: signed.origin, signed: signed.size, held })
  }
  return losses
}

/** A log is named `<node>/<series>/<period>`; its series has one folder. */
function seriesOf(origin: string): string {
  return basename(origin.slice(0, origin.lastIndexOf('/')))
}

async function headOf(path: string): Promise<{ origin: string; size: number } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = parseCheckpoint(text)
  return parsed.ok ? parsed.checkpoint : undefined
}

function lossText(losses: readonly Loss[]): string {
  const lines = losses.map(
    ({ origin, signed, held }) =>
      `  ${shown(origin)}: signed up to ${signed} entries, the backup holds ${held}`,
  )
  return [
    'Nothing was restored: the logs were signed further than this backup reaches.',
    lines.join('\n'),
    'Look for a newer backup or the old disk first. If what came after is lost, restore again with --begin-after-loss:',
    'the node then begins new logs whose first entries say what is missing, instead of signing a second history.',
  ].join('\n')
}

/** Whether something is there that has to be moved aside. */
async function checkRoom({ data, replace }: RestoreTarget): Promise<boolean> {
  const there = await readdir(data).catch(() => undefined)
  if (there === undefined) return false
  if (there.length > 0 && replace !== true) {
    throw new Refusal(
      `${data} is there already and not empty`,
      'Name another folder, or add --replace to move it aside.',
    )
  }
  if (there.includes('log') && (await isLocked(data)))
    throw new Refusal(`a node uses ${data}`, 'Stop it first.')
  return true
}

async function moveAside(context: Context, data: string): Promise<string> {
  const aside = `${data}.replaced-${context.terminal.now()}`
  await rename(data, aside)
  return aside
}

/** Whether the process that locked a log of this folder is alive. */
async function isLocked(data: string): Promise<boolean> {
  const entries = await readdir(join(data, 'log'), { recursive: true }).catch(() => [] as string[])
  for (const name of entries.filter((each) => basename(each) === 'lock')) {
    const holder = await readFile(join(data, 'log', name), 'utf8').catch(() => '')
    const pid = Number.parseInt(holder, 10)
    if (Number.isSafeInteger(pid) && pid > 0 && (await isAlive(pid))) return true
  }
  return false
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Gives the guard the heads it does not know; what it knows stays. */
async function fillGuard(backup: string, { files }: BackupManifest, guard: string): Promise<void> {
  await mkdir(guard, { recursive: true, mode: 0o700 })
  for (const file of files) {
    if (!file.path.startsWith(guardPrefix)) continue
    const path = join(guard, basename(file.path))
    if ((await stat(path).catch(() => undefined)) !== undefined) continue
    await rm(`${path}.new`, { force: true })
    await copyFile(backup, file, `${path}.new`)
    await rename(`${path}.new`, path)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
