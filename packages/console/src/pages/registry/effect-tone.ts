import type { Effect } from '@ambit/core/record'
import type { Tone } from '../../ui/tag.tsx'

/** From the mildest to the gravest. */
export const effectTones: Readonly<Record<Effect, Tone>> = {
  read: 'quiet',
  write: 'accent',
  egress: 'warn',
  pay: 'danger',
  identity: 'danger',
  physical: 'danger',
}
