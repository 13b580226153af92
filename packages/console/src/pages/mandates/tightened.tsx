import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import type { MandateView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { RuleSentence } from '../rules/rule-sentence.tsx'
import { tightening } from '../rules/tightening.ts'

/** The rules that make this mandate stricter than it reads. */
export function Tightened({ view }: { readonly view: MandateView }) {
  const text = useText()
  const rules = useInfiniteQuery(queries.rules())
  const records = useInfiniteQuery(queries.records('', undefined))
  const known = records.data?.pages.flatMap((page) => page.records) ?? []
  return (
    <Section
      title={text.rules.tighten}
      actions={
        <Link to="/rules" className="rounded-sm text-sm font-semibold text-accent">
          {text.rules.tightenAll}
        </Link>
      }
    >
      <Loaded query={rules}>
        {(data) => {
          const found = tightening(
            view.signed.body,
            data.pages.flatMap((page) => page.rules),
            known,
          )
          if (found.length === 0) return <p className="text-muted">{text.rules.tightenNone}</p>
          return (
            <ul className="panel divide-y divide-line">
              {found.map((rule) => (
                <li key={rule.id} className="px-4 py-3 md:px-5">
                  <RuleSentence terms={rule} />
                </li>
              ))}
            </ul>
          )
        }}
      </Loaded>
    </Section>
  )
}
