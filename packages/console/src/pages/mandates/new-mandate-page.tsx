import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { createMandate } from '../../api/mandates.ts'
import type { NewMandate } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { HolderField } from './holder-field.tsx'
import { Lifetime } from './lifetime.tsx'
import { LimitFields } from './limit-fields.tsx'
import { emptyDraft, mandateOf, pick } from './mandate-draft.ts'
import type { DraftField, MandateDraft } from './mandate-draft.ts'
import { ToolPicker } from './tool-picker.tsx'

/** A form in four questions: what for, what, how much, how long. */
export function NewMandatePage() {
  const text = useText()
  const client = useQueryClient()
  const navigate = useNavigate()
  const purposeId = useId()
  const [draft, setDraft] = useState<MandateDraft>(emptyDraft)
  const [missing, setMissing] = useState<readonly DraftField[]>([])
  const change = (part: Partial<MandateDraft>) => setDraft({ ...draft, ...part })
  const create = useMutation({
    mutationFn: (mandate: NewMandate) => createMandate(mandate),
    onSuccess: async (view) => {
      await client.invalidateQueries({ queryKey: ['mandates'] })
      await navigate({ to: '/mandates/$id', params: { id: view.id } })
    },
  })

  function submit(): void {
    const result = mandateOf(draft)
    setMissing(result.ok ? [] : result.missing)
    if (result.ok) create.mutate(result.mandate)
  }

  return (
    <Page title={text.newMandate.title} lead={text.newMandate.lead}>
      <form
        noValidate
        className="max-w-3xl"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Question
          title={<label htmlFor={purposeId}>{text.newMandate.purpose}</label>}
          help={text.newMandate.purposeHelp}
          wrong={missing.includes('purpose') ? text.newMandate.needPurpose : undefined}
        >
          <input
            id={purposeId}
            value={draft.purpose}
            maxLength={1000}
            aria-invalid={missing.includes('purpose')}
            placeholder={text.newMandate.purposePlaceholder}
            onChange={(event) => change({ purpose: event.target.value })}
            className="field"
          />
        </Question>
        <Question
          title={text.newMandate.tools}
          help={text.newMandate.toolsHelp}
          wrong={missing.includes('picks') ? text.newMandate.needTool : undefined}
        >
          <ToolPicker
            picks={draft.picks}
            onPick={(target, capability, decision) =>
              setDraft((now) => ({ ...now, picks: pick(now.picks, target, capability, decision) }))
            }
          />
        </Question>
        <Question title={text.newMandate.holder} help={text.newMandate.holderHelp}>
          <HolderField agent={draft.agent} onAgent={(agent) => change({ agent })} />
        </Question>
        <Question
          title={text.newMandate.limits}
          wrong={
            missing.includes('callsMax') || missing.includes('rateCalls')
              ? text.newMandate.needNumber
              : undefined
          }
        >
          <LimitFields draft={draft} missing={missing} onChange={change} />
        </Question>
        <Question title={text.newMandate.expiry}>
          <Lifetime days={draft.expiresInDays} onDays={(expiresInDays) => change({ expiresInDays })} />
        </Question>
        {create.error !== null && (
          <div className="mb-4">
            <Problem error={create.error} />
          </div>
        )}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" kind="primary" size="large" disabled={create.isPending}>
            {text.newMandate.create}
          </Button>
          <Link to="/mandates" className={buttonClass({ size: 'large' })}>
            {text.common.cancel}
          </Link>
        </div>
      </form>
    </Page>
  )
}

interface QuestionProps {
  readonly title: ReactNode
  readonly help?: string
  readonly wrong?: string | undefined
  readonly children: ReactNode
}

function Question({ title, help, wrong, children }: QuestionProps) {
  return (
    <section className="mb-9">
      <h2 className="text-xl font-bold tracking-tight">{title}</h2>
      {help !== undefined && <p className="text-muted">{help}</p>}
      <div className="mt-3">{children}</div>
      {wrong !== undefined && (
        <p role="alert" className="mt-2 font-semibold text-danger">
          {wrong}
        </p>
      )}
    </section>
  )
}
