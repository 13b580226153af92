import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApprovalCard, ApprovalForm } from '../../api/approval-types.ts'
import { editApproval } from '../../api/approvals.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Difference } from '../../ui/difference.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { AnswerProblem } from './answer-problem.tsx'
import { EditControl } from './edit-control.tsx'
import { editFields, typedValue } from './edit-values.ts'

interface EditPanelProps {
  readonly card: ApprovalCard
  readonly onBack: () => void
  /** What the values that changed were before, as the card showed them. */
  readonly onEdited: (before: ReadonlyMap<string, string>) => void
}

/** Other values in place of the agent's, with the difference shown. It decides nothing: a new card comes of it. */
export function EditPanel(props: EditPanelProps) {
  const text = useText()
  const { card } = props
  const form = useQuery(queries.approvalForm(card.id, card.digest))
  return (
    <section aria-label={text.alternatives.editTitle}>
      <h3 className="text-lg font-bold tracking-tight">{text.alternatives.editTitle}</h3>
      <p className="mt-1 mb-4 text-sm text-muted">{text.alternatives.editHelp}</p>
      <Loaded query={form}>{(data) => <EditFields {...props} form={data} />}</Loaded>
    </section>
  )
}

function EditFields({ card, form, onBack, onEdited }: EditPanelProps & { readonly form: ApprovalForm }) {
  const text = useText()
  const client = useQueryClient()
  const fields = editFields(form)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const changed = fields.filter(({ name, typed: first }) => (typed[name] ?? first) !== first)
  const read = changed.map((field) => ({ field, answer: typedValue(field, typed[field.name] ?? '') }))
  const wrong = new Map(read.map(({ field, answer }) => [field.name, answer.wrong]))
  const put = useMutation({
    mutationFn: async () => {
      const values = read.map(({ field, answer }) => [field.name, answer.wrong ? undefined : answer.value])
      return await editApproval(card, Object.fromEntries(values) as Record<string, unknown>)
    },
    onSuccess: async (edited) => {
      client.setQueryData(queries.approval(card.id).queryKey, edited)
      await client.invalidateQueries({ queryKey: ['approvals'] })
      const names = new Set(changed.map(({ name }) => name))
      const before = card.arguments.filter(({ name }) => names.has(name))
      onEdited(new Map(before.map(({ name, text: value }) => [name, value])))
    },
  })
  const ready = changed.length > 0 && read.every(({ answer }) => answer.wrong === undefined) && !put.isPending
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) put.mutate()
      }}
    >
      {fields.map((field) => (
        <EditControl
          key={field.name}
          field={field}
          typed={typed[field.name] ?? field.typed}
          wrong={wrong.get(field.name)}
          onType={(value) => setTyped({ ...typed, [field.name]: value })}
        />
      ))}
      <Changes
        changes={changed.map(({ name, kind, typed: first }) => ({
          name,
          before: kind === 'secret' ? '••••' : first,
          after: kind === 'secret' ? '•••••' : (typed[name] ?? ''),
        }))}
      />
      <AnswerProblem error={put.error} />
      <div className="mt-4 flex flex-wrap justify-between gap-3">
        <Button onClick={onBack}>{text.alternatives.back}</Button>
        <Button type="submit" kind="primary" disabled={!ready}>
          {put.isPending ? text.approvals.sending : text.alternatives.put}
        </Button>
      </div>
    </form>
  )
}

interface ChangesProps {
  readonly changes: readonly { readonly name: string; readonly before: string; readonly after: string }[]
}

/** What the agent wrote beside what would take its place. */
function Changes({ changes }: ChangesProps) {
  const text = useText()
  return (
    <div aria-live="polite" className="mb-3">
      <p className="small-label mb-1">
        {changes.length === 0 ? text.alternatives.nothingChanged : text.alternatives.changes(changes.length)}
      </p>
      {changes.map(({ name, before, after }) => (
        <div key={name} className="mb-2">
          <code className="font-mono text-sm font-semibold">{visibleString(name, 80)}</code>
          <Difference before={before} after={after} />
        </div>
      ))}
    </div>
  )
}
