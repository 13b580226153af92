import type { MandateView } from '../../api/types.ts'
import type { Tone } from '../../ui/tag.tsx'

export const mandateTones: Readonly<Record<MandateView['state'], Tone>> = {
  active: 'ok',
  revoked: 'danger',
  expired: 'quiet',
  'not-yet': 'accent',
}
