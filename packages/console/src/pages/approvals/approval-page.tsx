import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { Card } from './card.tsx'

/** One request, at the address an agent's client shows to the person. */
export function ApprovalPage() {
  const text = useText()
  const { id } = useParams({ from: '/home/approvals/$id' })
  const approval = useQuery(queries.approval(id))
  return (
    <Page title={text.approvals.title} above={<BackToApprovals />}>
      <div className="mx-auto max-w-2xl md:mx-0">
        <Loaded query={approval}>{(card) => <Card card={card} focused />}</Loaded>
      </div>
    </Page>
  )
}

export function BackToApprovals() {
  const text = useText()
  return (
    <Link to="/approvals" className="mb-2 block text-sm font-semibold text-accent">
      ← {text.common.back}
    </Link>
  )
}
