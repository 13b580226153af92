import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../kernel/durable-file.ts'

const lossName = 'begin-after-loss'
const lossSchema = z.strictObject({ reason: z.string().max(500) })

/**
 * Allows the series in a folder to go on although its last log holds less than was signed: at the next start that log
 * is closed as lost and a new one begins, which states the loss. Only a person may decide this, who restored a backup
 * and has nothing newer.
 */
export async function allowBeginAfterLoss(directory: string, reason: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await replaceFile(directory, lossName, JSON.stringify({ reason: reason.slice(0, 500) }))
}

/** The reason, where it is allowed. */
export async function allowedLoss(directory: string): Promise<string | undefined> {
  try {
    return lossSchema.parse(JSON.parse(await readFile(join(directory, lossName), 'utf8'))).reason
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A loss is allowed once. */
export async function forgetLoss(directory: string): Promise<void> {
  await rm(join(directory, lossName), { force: true })
}
