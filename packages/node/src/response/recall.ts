import { canonicalJson } from '@ambit/core/canonical'
import { entryBytesMax } from '@ambit/core/leaf'
import type { RulingLeaf } from '@ambit/core/leaf'
import type { SignedRuling } from '@ambit/core/ruling'
import { timeText } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import type { Order, Recalled } from '../registry/registry.ts'
import type { ResponseParts } from './response.ts'

/** Ids named in the leaf itself; its digest covers the whole list (core, leaf.ts). */
const actsInLeafMax = 64
const reasons = { recall: 'record.recalled', suspension: 'record.suspended' } as const

/**
 * Rules, then stops, then records how far it reached. The ruling raises the epoch before anything is stopped, so that an
 * act decided a moment earlier is looked at again and not sent: what is not in flight yet can no longer take off.
 */
export async function carryOut(
  parts: ResponseParts,
  step: keyof typeof reasons,
  order: Order,
): Promise<Recalled> {
  const { registry, stop, log, clock, gateway } = parts
  const startedAt = clock.monotonicMs()
  const { ruling, record } = await registry.step({ ...order, step })
  const signed = ruling!
  const { digests } = signed.body.subject
  const { stopped, acts } = await stop({ digests, record, reason: reasons[step] })
  await log.write(leafText(signed, { gateway, stopped, acts, at: clock.now() }))
  return { ruling: signed, stopped, acts, tookMs: Math.round((clock.monotonicMs() - startedAt) * 10) / 10 }
}

/** The leaf within what an entry may hold: many digests leave less room for ids. */
function leafText(
  signed: SignedRuling,
  reached: { gateway: string; stopped: number; acts: readonly string[]; at: number },
): string {
  const { id, kind, subject } = signed.body
  const list = digestValue(reached.acts)
  for (let named = Math.min(reached.acts.length, actsInLeafMax); ; named = named >> 1) {
    const leaf: RulingLeaf = {
      v: 1,
      kind: 'ruling',
      at: timeText(reached.at),
      ruling: id,
      what: kind,
      record: subject.record,
      digests: subject.digests,
      digest: digestValue(signed),
      reached: {
        gateway: reached.gateway,
        stopped: reached.stopped,
        acts: reached.acts.slice(0, named),
        list,
      },
    }
    const text = canonicalJson(leaf)
    if (named === 0 || Buffer.byteLength(text) <= entryBytesMax) return text
  }
}
