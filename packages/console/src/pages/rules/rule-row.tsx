import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { removeRule } from '../../api/rules.ts'
import type { Rule } from '../../api/rules.ts'
import type { Me } from '../../api/types.ts'
import { languageTags, useLanguage, useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Time } from '../../ui/time.tsx'
import { useNames } from '../stop/names.ts'
import { RuleSentence } from './rule-sentence.tsx'
import { ruleLine } from './rule-words.ts'

interface RuleRowProps {
  readonly rule: Rule
  readonly me: Me
}

/** One rule, who made it and until when; whoever may remove it can. */
export function RuleRow({ rule, me }: RuleRowProps) {
  const { language, text } = useLanguage()
  const [removing, setRemoving] = useState(false)
  const names = useNames(me, [rule.person])
  const mayRemove = rule.scope === 'mine' ? rule.person === me.person.id : me.roles.includes('owner')
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2 px-4 py-3.5 md:px-5">
      <div className="min-w-0 grow basis-64">
        <RuleSentence terms={rule} />
        {rule.note !== undefined && (
          <p className="mt-0.5">
            <ForeignText charactersMax={300}>{rule.note}</ForeignText>
          </p>
        )}
        <p className="mt-1 flex flex-wrap gap-x-4 text-sm text-muted">
          <span>
            {text.rules.since} <Time at={rule.created} form="date" />
          </span>
          {rule.expires !== undefined && (
            <span>
              {text.rules.until} <Time at={rule.expires} form="short" />
            </span>
          )}
          {rule.person !== me.person.id && (
            <span>
              {text.rules.by} <bdi>{names(rule.person)}</bdi>
            </span>
          )}
        </p>
      </div>
      {mayRemove && (
        <Button
          size="small"
          aria-label={text.rules.removeOf(ruleLine(rule, text, languageTags[language]))}
          onClick={() => setRemoving(true)}
        >
          {text.rules.remove}
        </Button>
      )}
      {removing && <RemoveDialog rule={rule} onClose={() => setRemoving(false)} />}
    </li>
  )
}

interface RemoveDialogProps {
  readonly rule: Rule
  readonly onClose: () => void
}

function RemoveDialog({ rule, onClose }: RemoveDialogProps) {
  const text = useText()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: async () => await removeRule(rule.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['rules'] })
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.rules.removeTitle}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            {text.rules.remove}
          </Button>
        </>
      }
    >
      <RuleSentence terms={rule} />
      <p className="mt-3 text-muted">{text.rules.removeHelp}</p>
      {remove.error !== null && (
        <div className="mt-4">
          <Problem error={remove.error} />
        </div>
      )}
    </Dialog>
  )
}
