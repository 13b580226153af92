import { base64url } from '@ambit/core/bytes'
import type { Leaf } from '@ambit/core/leaf'
import type { ReceiptOpening } from '@ambit/core/receipt'
import type { ActReading, ContentField } from '../contents/contents.ts'
import type { PlacedLeaf } from './log-search.ts'

/** Why a content behind a commitment is not there. */
export type NotOpened = 'too-large' | 'not-text' | 'damaged' | 'expired' | 'missing'

export interface Opened {
  /** As a receipt carries them. */
  readonly openings: readonly ReceiptOpening[]
  /** Commitments without their content; whoever kept it elsewhere can open them with the salt. */
  readonly unopened: readonly {
    readonly index: number
    readonly field: string
    readonly reason: NotOpened
    readonly salt?: string
  }[]
}

export interface Opener {
  /** Salt of one field of an act, from the key of its person. */
  salt(saltKey: Buffer, act: string, field: ContentField): Buffer
  /** Contents of acts before this time are not kept any more. */
  keptSince(): number
}

/** What was said, beside the leaves that commit to it. */
export function openLeaves(leaves: readonly PlacedLeaf[], reading: ActReading, opener: Opener): Opened {
  const openings: ReceiptOpening[] = []
  const unopened: Opened['unopened'][number][] = []
  for (const { index, leaf } of leaves) {
    for (const field of ['arguments', 'result'] as const) {
      if (!('act' in leaf) || !commits(leaf, field)) continue
      const { saltKey } = reading
      const salt = saltKey === undefined ? {} : { salt: base64url(opener.salt(saltKey, leaf.act, field)) }
      const content = reading.fields.get(field)
      const text = content instanceof Buffer ? textOf(content) : undefined
      if (text !== undefined && salt.salt !== undefined)
        openings.push({ index, field, salt: salt.salt, text })
      else unopened.push({ index, field, reason: reasonOf(content, leaf, reading, opener), ...salt })
    }
  }
  return { openings, unopened }
}

function commits(leaf: Leaf, field: ContentField): boolean {
  return (
    field in leaf &&
    (leaf.kind === 'act.intent' || leaf.kind === 'act.refused' || leaf.kind === 'act.outcome')
  )
}

function reasonOf(
  content: Buffer | 'too-large' | undefined,
  leaf: Leaf,
  { damaged }: ActReading,
  opener: Opener,
): NotOpened {
  if (content === 'too-large') return content
  if (content !== undefined) return 'not-text'
  if (damaged) return 'damaged'
  return Date.parse(leaf.at) < opener.keptSince() ? 'expired' : 'missing'
}

/** Undefined for bytes that are no UTF-8: an opening is text. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : undefined
}
