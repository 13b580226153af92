import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { approve, deny } from '../../api/approvals.ts'
import type { ApprovalCard } from '../../api/types.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignBlock, ForeignText } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { effectTones } from '../registry/effect-tone.ts'
import { CountDown } from './count-down.tsx'
import { Decided } from './decided.tsx'

const sentenceCharactersMax = 600
const argumentCharactersMax = 2000

/** One request: Ambit's sentence, what the agent wrote, why it is asked, and the answer. */
export function Card({ card }: { readonly card: ApprovalCard }) {
  const { language, text } = useLanguage()
  // An effect that this console does not know counts as sending out, as everywhere.
  const effect = Object.hasOwn(effectTones, card.tool.effect) ? card.tool.effect : 'egress'
  return (
    <article aria-labelledby={`sentence-${card.id}`} className="panel overflow-hidden">
      <div className="px-5 pt-4 md:px-7 md:pt-6">
        <div className="mb-2 flex items-start md:mb-3 justify-between gap-4">
          <Tag tone={effectTones[effect]}>{text.effects[effect]}</Tag>
          {card.state === 'pending' && <CountDown asked={card.asked} expires={card.expires} />}
        </div>
        <h2
          id={`sentence-${card.id}`}
          className="text-xl leading-snug font-bold tracking-tight md:text-2xl md:leading-snug"
        >
          <ForeignText charactersMax={sentenceCharactersMax}>{card.sentence[language]}</ForeignText>
        </h2>
        <Arguments card={card} />
        <Why card={card} />
      </div>
      {card.state === 'pending' ? <Answer card={card} /> : <Decided card={card} />}
    </article>
  )
}

function Arguments({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  if (card.arguments.length === 0) return <p className="mt-5 text-muted">{text.approvals.noArguments}</p>
  return (
    <section className="mt-4 md:mt-5">
      <h3 className="small-label mb-2">{text.approvals.with}</h3>
      <dl className="space-y-2.5">
        {card.arguments.map((argument) => (
          <div
            key={argument.name}
            className={isShort(argument) ? 'grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3' : ''}
          >
            <dt
              className={`text-sm leading-5 ${isShort(argument) ? '' : 'mb-1 flex flex-wrap items-baseline gap-x-2'}`}
            >
              <code className="block font-mono font-semibold">{visibleString(argument.name, 80)}</code>
              <span className="text-muted">{text.argumentRoles[argument.role]}</span>
            </dt>
            <dd>
              <ForeignBlock charactersMax={argumentCharactersMax}>{argument.text}</ForeignBlock>
            </dd>
          </div>
        ))}
      </dl>
      {card.hidden > 0 && (
        <p className="mt-2 font-semibold text-warn">{text.approvals.hidden(card.hidden)}</p>
      )}
    </section>
  )
}

/** A short value stands beside its name, so that a card with a few of them fits a phone. */
function isShort(argument: { readonly name: string; readonly text: string }): boolean {
  return argument.text.length <= 20 && argument.name.length <= 12 && !argument.text.includes('\n')
}

function Why({ card }: { readonly card: ApprovalCard }) {
  const { language, text } = useLanguage()
  return (
    <section className="mt-4 mb-4 text-sm md:mt-5 md:mb-6">
      {card.reasons.length > 0 && (
        <>
          <h3 className="small-label">{text.approvals.why}</h3>
          <ul className="mb-2">
            {card.reasons.map((reason) => (
              <li key={`${reason.code} ${reason.rule}`}>{visibleString(reason.what[language], 300)}</li>
            ))}
          </ul>
        </>
      )}
      <h3 className="small-label">{text.approvals.under}</h3>
      <Link
        to="/mandates/$id"
        params={{ id: card.mandate.id }}
        className="underline decoration-edge underline-offset-4 hover:decoration-accent"
      >
        <ForeignText charactersMax={200}>{card.mandate.purpose}</ForeignText>
      </Link>
    </section>
  )
}

function Answer({ card }: { readonly card: ApprovalCard }) {
  const text = useText()
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: ['approvals'] })
  const say = useMutation({
    mutationFn: (yes: boolean) => (yes ? approve(card) : deny(card)),
    onSettled: refresh,
  })
  const sending = say.isPending || say.isSuccess
  const said = sending ? (say.variables ? 'yes' : 'no') : undefined
  return (
    <div className="border-t border-line bg-sunken px-5 py-3 md:px-7 md:py-4">
      {say.error !== null && (
        <div className="mb-3">
          <Problem error={say.error} />
        </div>
      )}
      <div className="grid grid-cols-2 gap-3">
        <Button size="large" disabled={said !== undefined} onClick={() => say.mutate(false)}>
          {said === 'no' ? text.approvals.sending : text.approvals.deny}
        </Button>
        <Button size="large" kind="primary" disabled={said !== undefined} onClick={() => say.mutate(true)}>
          {said === 'yes' ? text.approvals.sending : text.approvals.approve}
        </Button>
      </div>
    </div>
  )
}
