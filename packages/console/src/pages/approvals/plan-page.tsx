import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { BackToApprovals } from './approval-page.tsx'
import { PlanCard } from './plan-card.tsx'

/** One plan, at an address of its own. */
export function PlanPage() {
  const text = useText()
  const { id } = useParams({ from: '/home/approvals/plans/$id' })
  const plan = useQuery(queries.plan(id))
  return (
    <Page title={text.approvals.title} above={<BackToApprovals />}>
      <div className="mx-auto max-w-2xl md:mx-0">
        <Loaded query={plan}>{(data) => <PlanCard plan={data} focused />}</Loaded>
      </div>
    </Page>
  )
}
