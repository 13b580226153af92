import type { ReactNode } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { effectTones } from '../registry/effect-tone.ts'
import { CardFacts } from './card-facts.tsx'
import { Marks } from './card-value.tsx'
import { toneOf } from './decided.tsx'
import { groupBySinks } from './sinks.ts'

/** Values shown in the line of a step; the rest is in its details. */
const shownValuesMax = 3
const valueCharactersMax = 60

interface StepListProps {
  readonly cards: readonly ApprovalCard[]
  readonly struck: ReadonlySet<string>
  /** Left out: nothing can be changed any more. */
  readonly onStrike?: ((id: string) => void) | undefined
}

/** Acts on one list, by where they go; each can be taken out and put back. */
export function StepList({ cards, struck, onStrike }: StepListProps) {
  const text = useText()
  return (
    <div className="mt-4 space-y-4">
      {groupBySinks(cards).map(({ key, sinks, cards: steps }) => (
        <section key={key}>
          <h3 className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {sinks.length === 0 ? (
              <span className="small-label">{text.lists.noSink}</span>
            ) : (
              sinks.map((sink) => (
                <span key={sink.name} className="flex min-w-0 flex-wrap items-center gap-x-2">
                  <code className="font-mono text-sm text-muted">{visibleString(sink.name, 80)}</code>
                  <strong className="min-w-0">
                    <ForeignText charactersMax={300}>{sink.text}</ForeignText>
                  </strong>
                  <Marks argument={sink} />
                </span>
              ))
            )}
          </h3>
          <ul className="mt-1.5 divide-y divide-line border-l-2 border-edge pl-3 md:pl-4">
            {steps.map((card) => (
              <Step key={card.id} card={card} out={struck.has(card.id)} onStrike={onStrike} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

interface StepProps {
  readonly card: ApprovalCard
  readonly out: boolean
  readonly onStrike: ((id: string) => void) | undefined
}

function Step({ card, out, onStrike }: StepProps) {
  const text = useText()
  const effect = Object.hasOwn(effectTones, card.tool.effect) ? card.tool.effect : 'egress'
  const name = visibleString(card.tool.title, 80)
  const waits = card.state === 'pending' || card.state === 'planned'
  return (
    <li className="py-2">
      <div className="flex items-start justify-between gap-3">
        <div className={`min-w-0 ${out ? 'opacity-55' : ''}`}>
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className={`font-semibold ${out ? 'line-through' : ''}`}>{name}</span>
            <span className="text-sm text-muted">
              <ForeignText charactersMax={80}>{card.tool.target}</ForeignText>
            </span>
            <Tag tone={effectTones[effect]}>{text.effects[effect]}</Tag>
            {card.amount?.text !== undefined && <strong>{visibleString(card.amount.text, 60)}</strong>}
          </p>
          <Values card={card} />
        </div>
        {onStrike !== undefined && waits ? (
          <Button
            size="small"
            className="shrink-0"
            aria-pressed={out}
            aria-label={`${out ? text.lists.putBack : text.lists.takeOut}: ${name}`}
            onClick={() => onStrike(card.id)}
          >
            {out ? text.lists.putBack : text.lists.takeOut}
          </Button>
        ) : (
          <StateLabel tone={toneOf(card)}>{text.approvals.states[card.state]}</StateLabel>
        )}
      </div>
      <Details>
        <CardFacts card={card} />
      </Details>
    </li>
  )
}

function Values({ card }: { readonly card: ApprovalCard }) {
  const values = card.arguments.filter(({ role }) => role !== 'sink').slice(0, shownValuesMax)
  if (values.length === 0) return null
  return (
    <p className="text-sm">
      {values.map(({ name, text: value }) => (
        <span key={name} className="mr-3">
          <code className="font-mono text-muted">{visibleString(name, 40)}</code>{' '}
          <ForeignText charactersMax={valueCharactersMax}>{value}</ForeignText>
        </span>
      ))}
    </p>
  )
}

function Details({ children }: { readonly children: ReactNode }) {
  const text = useText()
  return (
    <details className="group">
      <summary className="inline-block rounded-sm py-1 text-sm font-semibold text-accent">
        {text.card.details}
      </summary>
      {children}
    </details>
  )
}
