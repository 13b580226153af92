import { failuresUntilDead } from './state.ts'

/** Times are moved by up to a tenth, so that many nodes, or many records of one start, do not ask at the same moment. */
const jitterShare = 0.1
/** One that failed is asked again after this part of the time between heartbeats: a restart is noticed soon. */
const againShare = 0.2
/** The dead are asked at least so often. */
const backOffMsMax = 6 * 3_600_000

/** How long until the next heartbeat. `chance` is from 0 to 1. */
export function pauseMs(everyMs: number, failures: number, chance: number): number {
  return moved(beforeJitter(everyMs, failures), chance)
}

function beforeJitter(everyMs: number, failures: number): number {
  if (failures === 0) return everyMs
  if (failures < failuresUntilDead) return everyMs * againShare
  return Math.min(everyMs * 2 ** (failures - failuresUntilDead), Math.max(backOffMsMax, everyMs))
}

/** The same time a little earlier or later. */
export function moved(ms: number, chance: number): number {
  return ms * (1 + jitterShare * (2 * chance - 1))
}
