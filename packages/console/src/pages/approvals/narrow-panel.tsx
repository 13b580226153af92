import { useState } from 'react'
import type { ReactNode } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { useNow } from '../../ui/now.ts'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import type { Saying } from './answer.tsx'
import { useArmed } from './arming.ts'
import { DecidingButton } from './deciding-button.tsx'

const dayMs = 86_400_000
const choices = [1, 7, 30, 90] as const
const chosenAtFirst = 30
const valueCharactersMax = 300

interface PanelProps {
  readonly card: ApprovalCard
  readonly say: Saying
  readonly onBack: () => void
}

/** Says exactly what will pass by itself, and until when, before it is approved. */
export function NarrowPanel({ card, say, onBack }: PanelProps) {
  const text = useText()
  const now = useNow(true)
  const armed = useArmed(card.digest)
  const [days, setDays] = useState<number>(chosenAtFirst)
  return (
    <section aria-label={text.alternatives.narrowTitle}>
      <h3 className="text-lg font-bold tracking-tight">{text.alternatives.narrowTitle}</h3>
      <p className="mt-1">
        {text.alternatives.narrowHelp}{' '}
        <strong>
          <Time at={new Date(now + days * dayMs).toISOString()} form="date" />
        </strong>
        :
      </p>
      <Passing card={card} />
      <p className="mt-2 text-sm text-muted">{text.alternatives.otherwise}</p>
      <fieldset className="mt-3">
        <legend className="small-label mb-1">{text.alternatives.howLong}</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {choices.map((choice) => (
            <label key={choice} className="flex min-h-9 cursor-pointer items-center gap-2">
              <input
                type="radio"
                name={`days-${card.id}`}
                checked={days === choice}
                onChange={() => setDays(choice)}
                className="size-4 accent-accent"
              />
              {text.alternatives.days(choice)}
            </label>
          ))}
        </div>
      </fieldset>
      <PanelButtons onBack={onBack}>
        <DecidingButton
          kind="primary"
          ready={armed && !say.isPending && !say.isSuccess}
          onClick={() => say.mutate({ yes: true, days })}
        >
          {say.isPending ? text.approvals.sending : text.alternatives.narrowDo}
        </DecidingButton>
      </PanelButtons>
    </section>
  )
}

/** Every bound of what would pass, one a line. */
function Passing({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  const { same = [], atMost = [], free = [] } = card.narrow ?? {}
  const values = new Map(card.arguments.map(({ name, text: value }) => [name, value]))
  return (
    <ul className="mt-2 space-y-1.5 border-l-2 border-edge pl-4">
      <li>
        “<ForeignText charactersMax={120}>{card.tool.title}</ForeignText>” ·{' '}
        <ForeignText charactersMax={120}>{card.tool.target}</ForeignText>
        <span className="block text-sm text-muted">{text.alternatives.sameCall}</span>
      </li>
      {same.map((name) => (
        <Bound key={name} name={name} value={values.get(name)} words={text.alternatives.same} />
      ))}
      {atMost.map((name) => (
        <Bound key={name} name={name} value={values.get(name)} words={text.alternatives.most} />
      ))}
      {free.map((name) => (
        <Bound key={name} name={name} value={undefined} words={text.alternatives.free} />
      ))}
    </ul>
  )
}

interface BoundProps {
  readonly name: string
  readonly value: string | undefined
  readonly words: string
}

export function Bound({ name, value, words }: BoundProps) {
  return (
    <li>
      <code className="font-mono text-sm font-semibold">{visibleString(name, 80)}</code>{' '}
      {value !== undefined && (
        <>
          <ForeignText charactersMax={valueCharactersMax}>{value}</ForeignText>{' '}
        </>
      )}
      <span className="text-sm text-muted">{words}</span>
    </li>
  )
}

interface PanelButtonsProps {
  readonly onBack: () => void
  readonly children: ReactNode
}

/** Back has the focus: a key pressed too soon leads nowhere. */
export function PanelButtons({ onBack, children }: PanelButtonsProps) {
  const text = useText()
  return (
    <div className="mt-4 flex flex-wrap justify-between gap-3">
      <Button autoFocus onClick={onBack}>
        {text.alternatives.back}
      </Button>
      {children}
    </div>
  )
}
