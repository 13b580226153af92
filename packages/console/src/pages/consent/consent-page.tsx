import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { queries } from '../../api/queries.ts'
import { LanguageSwitch } from '../frame/language-switch.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { WordMark } from '../../ui/mark.tsx'
import { ConsentForm } from './consent-form.tsx'

/** The page to which a client sends a person who is to let it in: nothing on it leads elsewhere by accident. */
export function ConsentPage() {
  const { uid } = useParams({ from: '/alone/oauth/consent/$uid' })
  const consent = useQuery(queries.consent(uid))
  return (
    <div className="mx-auto min-h-dvh max-w-6xl px-4 md:px-8">
      <header className="flex min-h-16 items-center justify-between border-b border-line">
        <WordMark />
        <LanguageSwitch />
      </header>
      <main className="pt-6 pb-44 md:pt-10 lg:pb-16">
        <Loaded query={consent}>{(view) => <ConsentForm key={view.id} consent={view} />}</Loaded>
      </main>
    </div>
  )
}
