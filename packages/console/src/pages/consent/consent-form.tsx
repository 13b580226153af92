import { useMutation } from '@tanstack/react-query'
import { useId, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { denyConsent, giveConsent } from '../../api/consents.ts'
import type { Consent, ConsentChoice, GoOn } from '../../api/consents.ts'
import { languageTags, useLanguage } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Page } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { useArmed } from '../approvals/arming.ts'
import { Lifetime } from '../mandates/lifetime.tsx'
import { ClientPanel } from './client-panel.tsx'
import { choiceOf, firstDraft, offersOf, picked, unknownWishes } from './consent-draft.ts'
import type { ConsentDraft, ConsentField } from './consent-draft.ts'
import { consentSentences } from './consent-sentences.ts'
import { Decided } from './decided.tsx'
import { DecisionPanel } from './decision-panel.tsx'
import { Limits } from './limits.tsx'
import { Offers } from './offers.tsx'

/** Who asks, what it may do, how far and for how long; beside it, what that comes to, and the two answers. */
export function ConsentForm({ consent }: { readonly consent: Consent }) {
  const { language, text } = useLanguage()
  const words = text.consent
  const name = visibleString(consent.client.name, 60)
  const all = useMemo(() => offersOf(consent), [consent])
  const [draft, setDraft] = useState(() => firstDraft(consent, all, words.purposeFirst(name)))
  const [wrong, setWrong] = useState<readonly ConsentField[]>([])
  const [now] = useState(() => Date.now())
  const change = (part: Partial<ConsentDraft>) => setDraft((before) => ({ ...before, ...part }))
  const { give, deny } = useAnswers(consent.id)
  const armed = useArmed(consent.id)
  function submit(): void {
    const reading = choiceOf(all, draft)
    setWrong(reading.ok ? [] : reading.wrong)
    if (reading.ok) give.mutate(reading.choice)
  }
  if (give.data !== undefined) return <Decided given location={give.data.location} />
  if (deny.data !== undefined) return <Decided given={false} location={deny.data.location} />
  const languageTag = languageTags[language]
  const sentences = consentSentences({ client: consent.client.name, all, draft, text, languageTag, now })
  return (
    <Page
      title={words.title(name)}
      heading={
        <ForeignText charactersMax={200}>{words.title(consent.client.name.slice(0, 120))}</ForeignText>
      }
      lead={words.lead}
    >
      <div className="grid gap-x-10 lg:grid-cols-[minmax(0,1fr)_22rem] lg:grid-rows-[auto_1fr]">
        <ClientPanel consent={consent} />
        <DecisionPanel
          sentences={sentences}
          working={give.isPending ? 'give' : deny.isPending ? 'deny' : undefined}
          armed={armed}
          error={give.error ?? deny.error}
          problems={wrong.map((field) => words.wrong[field])}
          onGive={submit}
          onDeny={() => deny.mutate()}
        />
        <div className="min-w-0">
          <Purpose
            purpose={draft.purpose}
            wrong={wrong.includes('purpose')}
            onPurpose={(purpose) => change({ purpose })}
          />
          <Question title={words.offers} help={words.offersHelp} wrong={pickProblem(wrong, words.wrong)}>
            <Offers
              all={all}
              picks={draft.picks}
              onPick={(keys, decision) =>
                setDraft((before) => ({ ...before, picks: picked(before.picks, keys, decision) }))
              }
            />
            <UnknownWishes consent={consent} />
          </Question>
          <Question title={words.limits} help={words.limitsHelp}>
            <Limits draft={draft} wrong={wrong} onChange={change} />
          </Question>
          <Question title={words.expiry}>
            <Lifetime days={draft.expiresInDays} onDays={(expiresInDays) => change({ expiresInDays })} />
          </Question>
        </div>
      </div>
    </Page>
  )
}

function pickProblem(
  wrong: readonly ConsentField[],
  words: Readonly<Record<ConsentField, string>>,
): string | undefined {
  const field = wrong.find((each) => each === 'picks' || each === 'entries')
  return field && words[field]
}

/** The two answers; after either the browser is on its way back to the client. */
function useAnswers(id: string) {
  const goOn = ({ location }: GoOn) => window.location.assign(location)
  return {
    give: useMutation({ mutationFn: (choice: ConsentChoice) => giveConsent(id, choice), onSuccess: goOn }),
    deny: useMutation({ mutationFn: () => denyConsent(id), onSuccess: goOn }),
  }
}

interface QuestionProps {
  readonly title: ReactNode
  readonly help?: string
  readonly wrong?: string | undefined
  readonly children: ReactNode
}

function Question({ title, help, wrong, children }: QuestionProps) {
  return (
    <section className="mb-8">
      <h2 className="text-xl font-bold tracking-tight">{title}</h2>
      {help !== undefined && <p className="text-muted">{help}</p>}
      {wrong !== undefined && (
        <p role="alert" className="mt-1 font-semibold text-danger">
          {wrong}
        </p>
      )}
      <div className="mt-3">{children}</div>
    </section>
  )
}

interface PurposeProps {
  readonly purpose: string
  readonly wrong: boolean
  readonly onPurpose: (purpose: string) => void
}

function Purpose({ purpose, wrong, onPurpose }: PurposeProps) {
  const words = useLanguage().text.consent
  const id = useId()
  return (
    <Question
      title={<label htmlFor={id}>{words.purpose}</label>}
      help={words.purposeHelp}
      wrong={wrong ? words.wrong.purpose : undefined}
    >
      <input
        id={id}
        autoComplete="off"
        maxLength={1000}
        aria-invalid={wrong}
        value={purpose}
        onChange={(event) => onPurpose(event.target.value)}
        className="field"
      />
    </Question>
  )
}

/** What it asked for in vain: said, so that nobody thinks it was allowed. */
function UnknownWishes({ consent }: { readonly consent: Consent }) {
  const { text } = useLanguage()
  const missing = unknownWishes(consent)
  if (missing.length === 0) return null
  return (
    <p className="mt-3 text-sm text-muted">
      {text.consent.missing}{' '}
      {missing
        .slice(0, 10)
        .map(({ target, capability }) =>
          capability === '*'
            ? visibleString(target, 60)
            : `${visibleString(target, 60)} (${visibleString(capability, 60)})`,
        )
        .join(', ')}
    </p>
  )
}
