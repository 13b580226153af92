import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import type { Decommissioned } from '../../api/record-life.ts'
import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface DecommissioningProps {
  readonly view: RecordView
  readonly slug: string
}

/** The report of a record that was put out of service, where there is one. */
export function Decommissioning({ view, slug }: DecommissioningProps) {
  const text = useText().decommission
  const wasRun = view.rulings.some(({ body }) => body.basis.includes('decommission'))
  const report = useQuery({ ...queries.decommissioned(slug), enabled: wasRun })
  if (!wasRun) return null
  return (
    <Section title={text.report}>
      <div className="panel p-4">
        <Loaded query={report}>{(data) => <DecommissionReport report={data} />}</Loaded>
      </div>
    </Section>
  )
}

/** What was ended, kind by kind, and what is left. */
export function DecommissionReport({ report }: { readonly report: Decommissioned }) {
  const text = useText().decommission
  const word = (what: string) => text.what[what] ?? visibleString(what, 60)
  return (
    <>
      <p className="mb-2 text-sm text-muted">
        <Time at={report.at} form="short" />
      </p>
      <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-1">
        {report.done.map(({ what, count }) => (
          <div key={what} className="contents">
            <dt>{word(what)}</dt>
            <dd className="text-right">{count}</dd>
          </div>
        ))}
      </dl>
      {report.residue.length === 0 ? (
        <p className="mt-3 font-semibold text-ok">{text.clean}</p>
      ) : (
        <div className="mt-3 rounded-md bg-danger-wash p-3">
          <p className="font-semibold text-danger">{text.left}</p>
          <ul className="mt-1">
            {report.residue.map(({ what, count, problem }) => (
              <li key={what}>
                {word(what)}: {count}
                {problem !== undefined && <span className="text-sm"> ({visibleString(problem, 200)})</span>}
              </li>
            ))}
          </ul>
          <p className="mt-1 text-sm">{text.leftHelp}</p>
        </div>
      )}
    </>
  )
}
