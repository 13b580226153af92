import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { signOut } from '../../api/identity.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Problem } from '../../ui/problem.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface DecisionPanelProps {
  readonly sentences: readonly string[]
  readonly working: 'give' | 'deny' | undefined
  /** Whether the page stands long enough that a click on it is meant for it. */
  readonly armed: boolean
  readonly error: Error | null
  /** What of the form is not yet right. */
  readonly problems: readonly string[]
  readonly onGive: () => void
  readonly onDeny: () => void
}

/** What the form comes to, in plain sentences, and the two answers, as large as each other. */
export function DecisionPanel(props: DecisionPanelProps) {
  const { sentences, working, armed, error, problems, onGive, onDeny } = props
  const text = useText().consent
  return (
    <aside className="mb-8 min-w-0 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:mb-0">
      <div className="lg:sticky lg:top-6">
        <section aria-label={text.sum} className="panel p-5">
          <h2 className="small-label mb-2">{text.sum}</h2>
          <div role="status" className="space-y-1.5 leading-relaxed">
            {sentences.map((sentence, at) => (
              <p key={at} className={at === 0 ? 'text-lg leading-snug font-bold' : ''}>
                {sentence}
              </p>
            ))}
          </div>
          <Decider />
        </section>
        <div className="fixed inset-x-0 bottom-0 z-30 max-h-[60dvh] overflow-y-auto border-t border-line bg-surface p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] lg:static lg:mt-4 lg:max-h-none lg:border-0 lg:bg-transparent lg:p-0">
          {error !== null && (
            <div className="mb-3">
              <Problem error={error} />
            </div>
          )}
          {problems.length > 0 && (
            <ul className="mb-3 list-disc pl-5 font-semibold text-danger">
              {problems.map((problem, at) => (
                <li key={at}>{problem}</li>
              ))}
            </ul>
          )}
          <div className="grid grid-cols-2 gap-3">
            <Button kind="firm" size="large" disabled={working !== undefined} onClick={onDeny}>
              {working === 'deny' ? text.refusing : text.refuse}
            </Button>
            <Button kind="primary" size="large" disabled={!armed || working !== undefined} onClick={onGive}>
              {working === 'give' ? text.giving : text.give}
            </Button>
          </div>
        </div>
      </div>
    </aside>
  )
}

/** Whose mandate it becomes: on a machine that several people use, not always who one thinks. */
function Decider() {
  const text = useText().consent
  const client = useQueryClient()
  const router = useRouter()
  const { data: me } = useQuery(queries.me())
  if (me === undefined) return null
  async function leave(): Promise<void> {
    await signOut()
    client.clear()
    await router.invalidate()
  }
  return (
    <p className="mt-4 flex flex-wrap items-baseline gap-x-3 border-t border-line pt-3 text-sm text-muted">
      <span>
        {text.as} <span className="font-semibold text-ink">{visibleString(me.person.name, 60)}</span>
        {' · '}
        {visibleString(me.organization.name, 60)}
      </span>
      <button type="button" onClick={() => void leave()} className="min-h-9 font-semibold text-accent">
        {text.notYou}
      </button>
    </p>
  )
}
