import type { RulingLeaf } from '@ambit/core/leaf'
import type { SignedRuling } from '@ambit/core/ruling'
import { timeText } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import type { Recalled, StepResult } from '../registry/registry.ts'
import { reachedText } from './reached.ts'
import type { ResponseParts } from './response.ts'

/**
 * Rules, then stops, then records how far it reached. The ruling raises the epoch before anything is stopped, so that an
 * act decided a moment earlier is looked at again and not sent: what is not in flight yet can no longer take off.
 */
export async function carryOut(
  parts: ResponseParts,
  reason: 'record.recalled' | 'record.suspended',
  rule: () => Promise<StepResult>,
): Promise<Recalled> {
  const { stop, log, clock, gateway } = parts
  const startedAt = clock.monotonicMs()
  const { ruling, record } = await rule()
  const signed = ruling!
  const { digests } = signed.body.subject
  const { stopped, acts } = await stop({ digests, record, reason })
  await log.write(reachedText(gateway, acts, (reached) => leafOf(signed, clock.now(), reached)))
  return { ruling: signed, stopped, acts, tookMs: Math.round((clock.monotonicMs() - startedAt) * 10) / 10 }
}

function leafOf(signed: SignedRuling, at: number, reached: NonNullable<RulingLeaf['reached']>): RulingLeaf {
  const { id, kind, subject } = signed.body
  return {
    v: 1,
    kind: 'ruling',
    at: timeText(at),
    ruling: id,
    what: kind,
    record: subject.record,
    digests: subject.digests,
    digest: digestValue(signed),
    reached,
  }
}
