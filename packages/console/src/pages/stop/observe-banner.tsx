import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'

/** Says loudly that nothing is enforced, where the node only observes. */
export function ObserveBanner() {
  const text = useText()
  // A setting: it changes with a restart, after which the event stream has everything read anew.
  const { data: status } = useQuery({ ...queries.status(), staleTime: Infinity, retry: false })
  if (status?.enforcing !== false) return null
  return (
    <section aria-label={text.observe.title} className="border-b border-warn bg-warn-wash">
      <p className="mx-auto max-w-6xl px-4 py-2.5 md:px-8">
        <strong className="text-warn">{text.observe.title}</strong> {text.observe.help}
      </p>
    </section>
  )
}
