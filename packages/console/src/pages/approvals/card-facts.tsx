import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ApprovalCard, CardArgument } from '../../api/approval-types.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { CardValue } from './card-value.tsx'
import { Chain } from './chain.tsx'

interface CardFactsProps {
  readonly card: ApprovalCard
  /** What the agent wrote before a person changed it, by argument name. */
  readonly before?: ReadonlyMap<string, string> | undefined
}

/** What a person asks of a request, in the order in which they ask: who, to whom, how much, what leaves, and back? */
export function CardFacts({ card, before }: CardFactsProps) {
  const text = useText()
  const contents = new Set(card.leaves?.contents ?? [])
  const of = (...roles: readonly CardArgument['role'][]) =>
    card.arguments.filter(({ role, name }) => roles.includes(role) && !contents.has(name))
  const values = (list: readonly CardArgument[]) =>
    list.map((argument) => (
      <CardValue key={argument.name} argument={argument} before={before?.get(argument.name)} />
    ))
  const sinks = of('sink')
  const quantities = of('quantity')
  const rest = of('selector', 'control', 'secret', 'content')
  return (
    <dl aria-label={text.card.facts} className="mt-4 divide-y divide-line border-t border-line">
      <Row name={text.card.who}>
        <Chain card={card} />
      </Row>
      {sinks.length > 0 && <Row name={text.card.to}>{values(sinks)}</Row>}
      {(card.amount !== undefined || quantities.length > 0) && (
        <Row name={text.card.amount}>
          {card.amount !== undefined && <Amount amount={card.amount} />}
          {values(quantities)}
        </Row>
      )}
      {card.leaves !== undefined && (
        <Row name={text.card.data}>
          <Leaves leaves={card.leaves} />
          {values(card.arguments.filter(({ name }) => contents.has(name)))}
        </Row>
      )}
      {rest.length > 0 && <Row name={text.card.also}>{values(rest)}</Row>}
      {card.arguments.length === 0 && <Row name={text.card.also}>{text.card.noArguments}</Row>}
      {card.hidden > 0 && (
        <Row name={text.card.also}>
          <span className="font-semibold text-warn">{text.card.hidden(card.hidden)}</span>
        </Row>
      )}
      <Row name={text.card.undo}>
        <Undo card={card} />
      </Row>
      {card.reasons.length > 0 && (
        <Row name={text.card.why}>
          <Reasons card={card} />
        </Row>
      )}
      <Row name={text.card.under}>
        <Link
          to="/mandates/$id"
          params={{ id: card.mandate.id }}
          className="underline decoration-edge underline-offset-4 hover:decoration-accent"
        >
          <ForeignText charactersMax={200}>{card.mandate.purpose}</ForeignText>
        </Link>
      </Row>
    </dl>
  )
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="grid grid-cols-[5.25rem_minmax(0,1fr)] gap-x-3 py-2 md:grid-cols-[7rem_minmax(0,1fr)]">
      <dt className="small-label pt-0.5">{name}</dt>
      <dd className="min-w-0 space-y-1.5">{children}</dd>
    </div>
  )
}

function Amount({ amount }: { readonly amount: NonNullable<ApprovalCard['amount']> }) {
  const text = useText()
  return amount.text === undefined ? (
    <p className="font-semibold text-danger">{text.card.amountUnknown}</p>
  ) : (
    <p className="text-2xl leading-8 font-bold tracking-tight">{visibleString(amount.text, 80)}</p>
  )
}

function Leaves({ leaves }: { readonly leaves: NonNullable<ApprovalCard['leaves']> }) {
  const text = useText()
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {leaves.classes.length === 0 ? (
        <span>{text.card.noClass}</span>
      ) : (
        leaves.classes.map((each) => (
          <Tag key={each} tone="warn">
            {visibleString(each, 80)}
          </Tag>
        ))
      )}
      <span className="text-sm text-muted">{text.card.size(leaves.bytes)}</span>
    </p>
  )
}

function Undo({ card: { tool, undo } }: { readonly card: ApprovalCard }) {
  const text = useText()
  const known = Object.hasOwn(text.card.undoWords, tool.reversibility) ? tool.reversibility : 3
  return (
    <p>
      <span className={known === 3 ? 'font-semibold text-danger' : ''}>{text.card.undoWords[known]}</span>
      {undo.windowMs !== undefined && undo.windowMs > 0 && (
        <> {text.card.window(Math.ceil(undo.windowMs / 1000))}</>
      )}
      {undo.inverse !== undefined && (
        <span className="text-muted">
          {' '}
          {text.card.inverse} <code className="font-mono text-sm">{visibleString(undo.inverse, 80)}</code>
        </span>
      )}
    </p>
  )
}

function Reasons({ card }: { readonly card: ApprovalCard }) {
  const { language, text } = useLanguage()
  return (
    <ul className="space-y-1">
      {card.reasons.map(({ code, rule, what, evidence }) => (
        <li key={`${code} ${rule}`}>
          {visibleString(what[language], 300)}{' '}
          {evidence !== undefined && (
            <>
              <ForeignText charactersMax={300}>{`“${evidence}”`}</ForeignText>{' '}
            </>
          )}
          <span className="text-sm text-muted">
            {text.card.rule}: <ShortId>{visibleString(rule, 120)}</ShortId>
          </span>
        </li>
      ))}
    </ul>
  )
}
