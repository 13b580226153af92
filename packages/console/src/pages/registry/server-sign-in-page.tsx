import { Link, useParams } from '@tanstack/react-router'
import { useText } from '../../i18n/language.tsx'
import { Page } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { SignInButton } from './server-sign-in.tsx'

/** Where an agent sends its person when a server wants a sign-in: what it is for, and one button. */
export function ServerSignInPage() {
  const words = useText().serverSignIn
  const { slug } = useParams({ from: '/home/registry/$slug/sign-in' })
  return (
    <Page title={words.page(visibleString(slug, 63))} lead={words.lead}>
      <SignInButton slug={slug} label={words.begin} />
      <p className="mt-3 text-muted">{words.beginHelp}</p>
      <p className="mt-6">
        <Link
          to="/registry/$slug"
          params={{ slug }}
          className="font-semibold text-accent underline-offset-4 hover:underline"
        >
          {words.toRecord}
        </Link>
      </p>
    </Page>
  )
}
