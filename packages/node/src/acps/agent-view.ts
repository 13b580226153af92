import type { RecordState } from '@ambit/core/record'
import type { SignedRuling } from '@ambit/core/ruling'
import { parseAic } from '@ambit/core/id/aic'
import type { Json } from '@ambit/core/wire/a2a/json'
import type { ApprovalStatus, RegisteredAgent } from '@ambit/core/wire/acps/registration'
import { timeText } from '../kernel/clock.ts'
import type { Projection } from '../projection/projection.ts'
import type { Governed, Registry } from '../registry/registry.ts'
import type { DecisionRow } from './decision-store.ts'

export interface ViewParts {
  readonly registry: Pick<Registry, 'view'>
  readonly projection: Pick<Projection, 'write' | 'exported'>
  readonly governed: Governed
  readonly origin: () => string
}

/**
 * Where a registration stands, in the words of ACPs. The node gives every draft its code and every step a ruling;
 * a submitted version that nobody put in force may have been turned down or taken back beside that.
 */
export function statusOf(
  { state, digest }: { readonly state: RecordState; readonly digest: string },
  decision: DecisionRow | undefined,
): ApprovalStatus {
  if (state === 'draft') return 'DRAFT'
  if (state !== 'submitted') return 'APPROVED'
  if (decision?.digest !== digest) return 'PENDING'
  return decision.decision === 'rejected' ? 'REJECTED' : 'DRAFT'
}

/** A record as the registration API shows it. Throws `input.not-found`. */
export async function showAgent(
  { registry, projection, governed, origin }: ViewParts,
  id: string,
  organization: string,
  decision: DecisionRow | undefined,
): Promise<RegisteredAgent> {
  const { summary, record, rulings, versions } = await registry.view(id, organization, governed)
  const status = statusOf(summary, decision)
  const isApproved = status === 'APPROVED'
  const { state, updated } = summary
  const acs: Json = isApproved
    ? await projection.exported(id, organization, 'acs')
    : {
        ...projection.write('acs', record, { state: 'draft', updated, origin: origin(), addresses: 'own' }),
        aic: '',
      }
  const word = textOf(acs)
  return {
    id,
    name: word('name'),
    version: word('version'),
    description: word('description'),
    logo_url: word('iconUrl') === '' ? null : word('iconUrl'),
    acs,
    is_ontology: parseAic(id)?.isOntology === true,
    aic: isApproved ? id : '',
    is_active: state === 'active',
    is_deleted: false,
    is_disabled: isApproved && state !== 'active',
    approval_status: status,
    created_at: versions[0]?.created ?? updated,
    updated_at: updated,
    ...steps(rulings, status === 'REJECTED' ? decision : undefined),
  }
}

function textOf(acs: Json): (member: string) => string {
  return (member) => (typeof acs[member] === 'string' ? acs[member] : '')
}

/** Who did what last, and when. */
function steps(rulings: readonly SignedRuling[], rejection: DecisionRow | undefined) {
  const last = (kind: string) => rulings.filter(({ body }) => body.kind === kind).at(-1)?.body
  const submission = last('submission')
  const activation = last('activation')
  return {
    submitted_at: submission?.notBefore ?? null,
    processed_by_id: rejection?.decided_by ?? activation?.person ?? null,
    processed_at: rejection === undefined ? (activation?.notBefore ?? null) : timeText(rejection.decided),
    process_comments: rejection === undefined ? (activation?.note ?? null) : rejection.comments,
  }
}
