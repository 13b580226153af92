import type { RecordState } from '@ambit/core/record'
import type { RecordStep, RecordSummary, RoleName } from '../../api/types.ts'
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
  record: {
    readonly draft: boolean
    readonly versions: readonly { readonly state: RecordState }[]
    readonly takedown?: unknown
  },
  roles: readonly RoleName[],
): Step[] {
  // What was taken down is in nobody's hands but those of the node's operators.
  if (!mayKeep(roles) || record.takedown !== undefined) return []
  const states = record.versions.map((version) => version.state)
  const steps = stepRules
    .filter((rule) => rule.from.some((state) => states.includes(state)))
    .map((rule) => rule.step)
    // Beside a version in force, an older one that was taken out of force is not brought back from here.
    .filter((step) => step !== 'reinstate' || !states.includes('active'))
  return record.draft ? ['submit', ...steps] : steps
}

/** What a record is asked for by: a retired one gave its name back and has its identity code only. */
export function addressOf({ id, slug, state }: Pick<RecordSummary, 'id' | 'slug' | 'state'>): string {
  return state === 'retired' ? id : slug
}
