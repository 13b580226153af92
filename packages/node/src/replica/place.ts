import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { makeFile } from '../kernel/durable-file.ts'

const secretBytes = 16

/**
 * Names the data folder of a replica on its machine. The log in the folder is locked by the process that uses it, so of
 * two replicas at one place the earlier one has ended. A copy of the folder elsewhere is another place.
 */
export function placeOf(dataFolder: string, clock: Clock): string {
  const file = join(dataFolder, 'place')
  if (!existsSync(file)) makeFile(file, clock.random(secretBytes))
  const hash = createHash('sha256')
  for (const part of [readFileSync(file).toString('hex'), hostname(), realpathSync(dataFolder)])
    hash.update(`${part}\n`)
  return hash.digest('hex').slice(0, 32)
}
