import type { Shard } from '@ambit/core/log/shards'

/** Whether a log ended so many months ago that its entries are deleted; 0 months keep them for ever. */
export function isPastRetention(shard: Shard, months: number, now: number): boolean {
  if (months === 0 || shard.state !== 'frozen') return false
  const until = new Date(shard.end!.at)
  until.setUTCMonth(until.getUTCMonth() + months)
  return until.getTime() <= now
}
