import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { setRule } from '../../api/rules.ts'
import type { Me } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { DecisionFields } from './decision-fields.tsx'
import { emptyRule, termsOf } from './rule-draft.ts'
import type { RuleDraft } from './rule-draft.ts'
import { RuleSentence } from './rule-sentence.tsx'
import { WhereFields } from './where-fields.tsx'

interface NewRuleDialogProps {
  readonly me: Me
  readonly onClose: () => void
}

/** A rule, clause by clause; how it reads stands below all the time. */
export function NewRuleDialog({ me, onClose }: NewRuleDialogProps) {
  const text = useText()
  const formId = useId()
  const client = useQueryClient()
  const [draft, setDraft] = useState<RuleDraft>(emptyRule)
  const [tried, setTried] = useState(false)
  const change = (part: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...part }))
  const set = useMutation({
    mutationFn: setRule,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['rules'] })
      onClose()
    },
  })
  const result = termsOf(draft, Date.now())
  const wrong = tried && !result.ok ? result.wrong : []
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.newRule.title}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" type="submit" form={formId} disabled={set.isPending}>
            {set.isPending ? text.newRule.saving : text.newRule.save}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        // What has the focus is scrolled clear of the sentence below.
        className="sm:[&_input]:scroll-mb-28 sm:[&_select]:scroll-mb-28"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (result.ok) set.mutate(result.terms)
        }}
      >
        {me.roles.includes('owner') && <Scope draft={draft} me={me} onChange={change} />}
        <WhereFields draft={draft} wrong={wrong} onChange={change} />
        <DecisionFields draft={draft} onChange={change} />
        <div
          aria-live="polite"
          className="mt-5 min-h-19 rounded-md border border-line bg-sunken px-4 py-2.5 sm:sticky sm:bottom-0 sm:shadow-[0_0_0_0.25rem_var(--surface)]"
        >
          <p className="small-label">{text.newRule.reads}</p>
          {result.ok ? (
            <RuleSentence terms={result.terms} />
          ) : (
            <p className="text-muted">{result.wrong.map((each) => text.newRule.wrong[each]).join(' ')}</p>
          )}
        </div>
        {set.error !== null && (
          <div className="mt-4">
            <Problem error={set.error} />
          </div>
        )}
      </form>
    </Dialog>
  )
}

interface ScopeProps {
  readonly draft: RuleDraft
  readonly me: Me
  readonly onChange: (part: Partial<RuleDraft>) => void
}

function Scope({ draft, me, onChange }: ScopeProps) {
  const text = useText()
  const choices = [
    { scope: 'mine', word: text.newRule.mine },
    { scope: 'organization', word: text.newRule.ours(visibleString(me.organization.name, 60)) },
  ] as const
  return (
    <fieldset className="mb-3">
      <legend className="small-label">{text.newRule.whose}</legend>
      <div className="flex flex-wrap gap-x-6">
        {choices.map(({ scope, word }) => (
          <label key={scope} className="flex min-h-11 items-center gap-3">
            <input
              type="radio"
              name="scope"
              checked={draft.scope === scope}
              onChange={() => onChange({ scope })}
              className="size-5 accent-accent"
            />
            {word}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
