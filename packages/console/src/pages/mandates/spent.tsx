import type { MandateView } from '../../api/types.ts'
import { languageTags, useLanguage } from '../../i18n/language.tsx'
import { Section } from '../../ui/page.tsx'
import { byteText } from '../../ui/byte-text.ts'
import { moneyText } from '../../ui/money.ts'

/** From here on a budget is marked as nearly used up, and as used up. */
const nearly = 0.8

interface Budget {
  readonly key: string
  readonly name: string
  readonly spent: number
  /** Left out: it is only counted. */
  readonly limit: number | undefined
  readonly words: (amount: number) => string
}

/** What of a mandate's limits is used: calls, each currency, bytes. */
export function Spent({ view }: { readonly view: MandateView }) {
  const { text } = useLanguage()
  const budgets = useBudgets(view)
  const unlimited = budgets.every(({ limit }) => limit === undefined)
  return (
    <Section title={text.budgets.title}>
      <dl className="panel divide-y divide-line px-4">
        {budgets.map((budget) => (
          <BudgetLine key={budget.key} budget={budget} />
        ))}
      </dl>
      {unlimited && <p className="mt-2 text-sm text-muted">{text.budgets.none}</p>}
    </Section>
  )
}

function useBudgets({ spent, signed }: MandateView): readonly Budget[] {
  const { language, text } = useLanguage()
  const tag = languageTags[language]
  const { calls, money = {}, bytesOut } = signed.body.limits
  const number = new Intl.NumberFormat(tag)
  return [
    {
      key: 'calls',
      name: text.budgets.calls,
      spent: spent.calls,
      limit: calls,
      words: (amount) => number.format(amount),
    },
    ...Object.entries(money).map(([currency, limit]) => ({
      key: currency,
      name: `${text.budgets.money} (${currency})`,
      spent: Object.hasOwn(spent.money, currency) ? (spent.money[currency] ?? 0) : 0,
      limit,
      words: (amount: number) => moneyText(currency, amount, tag),
    })),
    ...(bytesOut === undefined
      ? []
      : [
          {
            key: 'bytes',
            name: text.budgets.bytes,
            spent: spent.bytesOut,
            limit: bytesOut,
            words: (amount: number) => byteText(amount, tag),
          },
        ]),
  ]
}

function BudgetLine({ budget: { name, spent, limit, words } }: { readonly budget: Budget }) {
  const { text } = useLanguage()
  if (limit === undefined) {
    return (
      <div className="flex items-baseline justify-between gap-4 py-3">
        <dt className="small-label">{name}</dt>
        <dd className="font-semibold">{words(spent)}</dd>
      </div>
    )
  }
  const share = limit === 0 ? 1 : Math.min(1, spent / limit)
  const fill = share >= 1 ? 'fill-danger' : share >= nearly ? 'fill-warn' : 'fill-accent'
  return (
    <div className="py-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <dt className="small-label">{name}</dt>
        <dd className="font-semibold">{text.budgets.of(words(spent), words(limit))}</dd>
      </div>
      <dd>
        <svg
          viewBox="0 0 100 6"
          preserveAspectRatio="none"
          aria-hidden="true"
          className="my-1.5 h-1.5 w-full overflow-hidden rounded-full"
        >
          <rect width="100" height="6" className="fill-line" />
          <rect width={share * 100} height="6" className={fill} />
        </svg>
        <span className="flex justify-between gap-4 text-[0.8125rem] text-muted">
          <span>{text.budgets.used(Math.floor(share * 100))}</span>
          <span>{text.budgets.left(words(Math.max(0, limit - spent)))}</span>
        </span>
      </dd>
    </div>
  )
}
