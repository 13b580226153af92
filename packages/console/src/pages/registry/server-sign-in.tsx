import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { beginSignIn, forgetSignIn } from '../../api/sign-ins.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Time } from '../../ui/time.tsx'
import { webAddress } from './web-address.ts'

interface ServerSignInProps {
  readonly slug: string
}

/** Whether the person is signed in to the server of a record, and the way there. Nothing where none is wanted. */
export function ServerSignIn({ slug }: ServerSignInProps) {
  const text = useText()
  const client = useQueryClient()
  const { data: status } = useQuery(queries.signIn(slug))
  const forget = useMutation({
    mutationFn: () => forgetSignIn(slug),
    onSuccess: () => client.invalidateQueries({ queryKey: ['record', slug, 'sign-in'] }),
  })
  if (status?.wanted !== true) return null
  const words = text.serverSignIn
  return (
    <Section title={words.title}>
      <div className="panel p-4">
        <p>{status.forEveryone ? words.everyone : status.signedIn ? words.signedIn : words.notSignedIn}</p>
        {status.signedIn && status.since !== undefined && (
          <p className="mt-1 text-sm text-muted">
            {words.since} <Time at={status.since} form="date" />
          </p>
        )}
        {status.expires !== undefined && (
          <p className="mt-1 text-sm text-muted">
            {words.until} <Time at={status.expires} form="date" />
          </p>
        )}
        {!status.forEveryone && (
          <div className="mt-3 flex flex-wrap gap-2">
            <SignInButton slug={slug} label={status.signedIn ? words.again : words.begin} />
            {status.signedIn && (
              <Button size="small" disabled={forget.isPending} onClick={() => forget.mutate()}>
                {words.forget}
              </Button>
            )}
          </div>
        )}
        {forget.error !== null && (
          <div className="mt-3">
            <Problem error={forget.error} />
          </div>
        )}
      </div>
    </Section>
  )
}

interface SignInButtonProps extends ServerSignInProps {
  readonly label: string
}

/** Leads the person to the page where they sign in. */
export function SignInButton({ slug, label }: SignInButtonProps) {
  const text = useText()
  const begin = useMutation({
    mutationFn: () => beginSignIn(slug),
    onSuccess: ({ url }) => window.location.assign(webAddress(url)),
  })
  const going = begin.isPending || begin.isSuccess
  return (
    <div>
      <Button kind="primary" disabled={going} onClick={() => begin.mutate()}>
        {going ? text.serverSignIn.going : label}
      </Button>
      {begin.error !== null && (
        <div className="mt-3">
          <Problem error={begin.error} />
        </div>
      )}
    </div>
  )
}
