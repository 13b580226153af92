import { useState } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { effectTones } from '../registry/effect-tone.ts'
import { Answer } from './answer.tsx'
import { CardFacts } from './card-facts.tsx'
import { CountDown } from './count-down.tsx'
import { Decided } from './decided.tsx'
import { HeldAnswer } from './held-answer.tsx'
import { subjectOf, useMayDecide } from './person.ts'

const sentenceCharactersMax = 600

interface CardProps {
  readonly card: ApprovalCard
  /** Refusing has the focus as soon as the card is there. */
  readonly focused?: boolean
}

/** One request: Ambit's sentence, what a person asks of it, and the answer. */
export function Card({ card, focused = false }: CardProps) {
  const { language } = useLanguage()
  const may = useMayDecide(card.mode, subjectOf(card))
  const [before, setBefore] = useState<ReadonlyMap<string, string>>()
  return (
    <article aria-labelledby={sentenceId(card)} className="panel overflow-hidden">
      <div className="px-4 pt-4 pb-3 md:px-7 md:pt-6 md:pb-4">
        <CardHead card={card} />
        <h2
          id={sentenceId(card)}
          className="text-xl leading-snug font-bold tracking-tight md:text-2xl md:leading-snug"
        >
          <ForeignText charactersMax={sentenceCharactersMax}>{card.sentence[language]}</ForeignText>
        </h2>
        <Standing card={card} />
        <CardFacts card={card} before={before} />
      </div>
      {card.state === 'pending' && (
        <Answer card={card} may={may} focused={focused} edited={before !== undefined} onEdited={setBefore} />
      )}
      {card.state === 'held' && <HeldAnswer card={card} may={may} focused={focused} />}
      {card.state !== 'pending' && card.state !== 'held' && <Decided card={card} />}
    </article>
  )
}

export function sentenceId({ id }: Pick<ApprovalCard, 'id'>): string {
  return `sentence-${id}`
}

function CardHead({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  // An effect that this console does not know counts as sending out, as everywhere.
  const effect = Object.hasOwn(effectTones, card.tool.effect) ? card.tool.effect : 'egress'
  return (
    <div className="mb-2 flex items-start justify-between gap-4 md:mb-3">
      <p className="flex flex-wrap gap-2">
        <Tag tone={effectTones[effect]}>{text.effects[effect]}</Tag>
        {card.mode === 'draft' && <Tag tone="accent">{text.card.draft}</Tag>}
        {card.state === 'held' && <Tag tone="accent">{text.card.held}</Tag>}
      </p>
      {card.state === 'pending' && (
        <CountDown from={card.asked} until={card.expires} left={text.approvals.left} />
      )}
      {card.state === 'held' && card.due !== undefined && (
        <CountDown from={card.asked} until={card.due} left={text.approvals.leftHeld} />
      )}
    </div>
  )
}

/** What makes this request another kind of request than most. */
function Standing({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  if (card.mode === 'draft') return <p className="mt-2 text-muted">{text.card.draftHelp}</p>
  if (card.state !== 'held' || card.due === undefined) return null
  return (
    <p className="mt-2 text-muted">
      {text.card.heldHelp} <Time at={card.due} form="clock" />.
    </p>
  )
}
