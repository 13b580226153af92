import { Link, useRouter } from '@tanstack/react-router'
import { useText } from '../../i18n/language.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Mark } from '../../ui/mark.tsx'
import { Page } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'

export function LostPage() {
  const text = useText()
  return (
    <div className="px-4 py-10">
      <Page title={text.common.notFound} lead={text.common.notFoundHelp}>
        <Link to="/registry" search={{}} className={buttonClass()}>
          {text.nav.registry}
        </Link>
      </Page>
    </div>
  )
}

export function TroublePage({ error }: { readonly error: unknown }) {
  const router = useRouter()
  return (
    <main className="mx-auto max-w-xl px-4 py-16">
      <Mark className="mb-6 size-10" />
      <Problem error={error} onRetry={() => void router.invalidate()} />
    </main>
  )
}
