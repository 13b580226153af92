import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Time } from '../../ui/time.tsx'
import { keepsNode } from '../organizations/node-operator.ts'
import { LiftDialog } from '../takedowns/lift-dialog.tsx'

/** That those who run the node took the record away, why and since when; and the way to lift it, for them. */
export function TakenDown({ view }: { readonly view: RecordView }) {
  const text = useText()
  const { data: me } = useQuery(queries.me())
  const [lifting, setLifting] = useState(false)
  const { takedown, record, summary } = view
  if (takedown === undefined) return null
  return (
    <div className="mb-8 flex flex-wrap items-center gap-x-6 gap-y-3 rounded-md border border-danger bg-danger-wash p-4 md:p-5">
      <div className="min-w-0 grow">
        <p className="font-bold text-danger">
          {text.life.takenDown} · <Time at={takedown.since} form="short" />
        </p>
        <p className="mt-1">
          <ForeignText charactersMax={2000}>{takedown.reason}</ForeignText>
        </p>
        <p className="mt-1 text-sm">{text.life.takenDownBy}</p>
      </div>
      {me !== undefined && keepsNode(me) && (
        <Button size="small" onClick={() => setLifting(true)}>
          {text.takedowns.lift}
        </Button>
      )}
      {lifting && <LiftDialog record={record.id} name={summary.slug} onClose={() => setLifting(false)} />}
    </div>
  )
}
