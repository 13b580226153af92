import type { Fault } from '@ambit/core/fault'
import type { SubjectKeys } from '../identity/identity.ts'
import type { ContentField } from './record.ts'

/** Waits for the contents of its act. */
export interface AwaitsContents {
  contentsDurable(): void
}

/** What the path of an act needs of the contents. */
export interface ActContents {
  /** Why no act may begin now. */
  readonly refusal: Fault | undefined
  /** Takes a content, or a piece of one, as it is committed to. Copies it at once and never throws. */
  keep(keys: SubjectKeys, act: string, field: ContentField, content: string | Uint8Array): void
  /** Says that a content, or its rest, was too large to be kept. */
  leaveOut(keys: SubjectKeys, act: string, field: ContentField): void
  /** Tells it, in order, once everything taken before is durable. */
  after(waiting: AwaitsContents): void
}

/** Where contents are not kept. */
export const keepsNothing: ActContents = {
  refusal: undefined,
  keep: () => undefined,
  leaveOut: () => undefined,
  after: (waiting) => waiting.contentsDurable(),
}
