import type { RecordState } from '@ambit/core/record'
import type { RecordStep, RoleName } from '../../api/types.ts'
import type { Tone } from '../../ui/tag.tsx'

/** In the order of a life. */
export const recordStates = [
  'draft',
  'submitted',
  'active',
  'suspended',
  'recalled',
  'retired',
] as const satisfies readonly RecordState[]

export const stateTones: Readonly<Record<RecordState, Tone>> = {
  draft: 'quiet',
  submitted: 'accent',
  active: 'ok',
  suspended: 'warn',
  recalled: 'danger',
  retired: 'quiet',
}

type Step = RecordStep | 'recall'

interface StepRule {
  readonly step: Step
  /** States of a version that the step is possible from. */
  readonly from: readonly RecordState[]
}

/**
 * Which steps are offered; the node's own table (`registry/lifecycle.ts`) decides, this one only spares people
 * buttons that it would refuse. A record has a draft, versions in their states, or both.
 */
const stepRules: readonly StepRule[] = [
  { step: 'activate', from: ['submitted'] },
  { step: 'reinstate', from: ['suspended', 'recalled'] },
  { step: 'suspend', from: ['active'] },
  { step: 'retire', from: ['submitted', 'active', 'suspended', 'recalled'] },
  { step: 'recall', from: ['submitted', 'active', 'suspended'] },
]

const keepers: readonly RoleName[] = ['owner', 'operator']

export function mayKeep(roles: readonly RoleName[]): boolean {
  return roles.some((role) => keepers.includes(role))
}

export function stepsFrom(
  record: { readonly draft: boolean; readonly versions: readonly { readonly state: RecordState }[] },
  roles: readonly RoleName[],
): Step[] {
  if (!mayKeep(roles)) return []
  const states = record.versions.map((version) => version.state)
  const steps = stepRules
    .filter((rule) => rule.from.some((state) => states.includes(state)))
    .map((rule) => rule.step)
    // Beside a version in force, an older one that was taken out of force is not brought back from here.
    .filter((step) => step !== 'reinstate' || !states.includes('active'))
  return record.draft ? ['submit', ...steps] : steps
}
