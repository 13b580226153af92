import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { VerifiedReceipt } from '@ambit/core/receipt'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page, Section } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { downloadJson } from './download.ts'
import { LeafEntry } from './leaf-entry.tsx'
import { Openings } from './openings.tsx'
import { VerdictPanel } from './verdict-panel.tsx'
import { useVerdict } from './verdict.ts'

/** One receipt: checked here before anything of it is shown. */
export function ReceiptPage() {
  const text = useText()
  const { act } = useParams({ from: '/home/receipts/$act' })
  const receipt = useQuery(queries.receipt(act))
  return (
    <Page
      title={text.receipt.title}
      above={
        <Link to="/receipts" className="mb-2 block text-sm font-semibold text-accent">
          ← {text.receipts.title}
        </Link>
      }
      lead={<code className="font-mono text-base">{visibleString(act, 100)}</code>}
      actions={
        receipt.data !== undefined && (
          <>
            <Button onClick={() => downloadJson(`receipt-${act}.json`, receipt.data)}>
              {text.receipt.download}
            </Button>
            <Link to="/verify" className={buttonClass()} title={text.verify.linkHelp}>
              {text.verify.link}
            </Link>
          </>
        )
      }
    >
      <Loaded query={receipt}>
        {(data) => <ReceiptBody receipt={data} act={act} readAt={receipt.dataUpdatedAt} />}
      </Loaded>
    </Page>
  )
}

interface ReceiptBodyProps {
  readonly receipt: unknown
  readonly act: string
  readonly readAt: number
}

function ReceiptBody({ receipt, act, readAt }: ReceiptBodyProps) {
  const verdict = useVerdict(receipt, act, readAt)
  return (
    <>
      <VerdictPanel verdict={verdict} />
      {verdict?.kind === 'good' && <Contents verified={verdict.verified} receipt={receipt} />}
    </>
  )
}

function Contents({ verified, receipt }: { readonly verified: VerifiedReceipt; readonly receipt: unknown }) {
  const text = useText()
  return (
    <div className="mt-10">
      <Section title={text.receipt.entries}>
        <ol className="space-y-4">
          {verified.leaves.map(({ index, leaf }) => (
            <LeafEntry key={index} index={index} leaf={leaf} />
          ))}
        </ol>
      </Section>
      <Openings receipt={receipt} />
    </div>
  )
}
