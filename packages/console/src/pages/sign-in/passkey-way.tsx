import { browserSupportsWebAuthn } from '@simplewebauthn/browser'
import { useMutation } from '@tanstack/react-query'
import { signInByPasskey } from '../../api/passkeys.ts'
import type { Me } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { PasskeyProblem } from '../security/passkey-problem.tsx'

/** The shortest way in, for whoever has a passkey; not offered where the browser has none. */
export function PasskeyWay({ onSignedIn }: { readonly onSignedIn: (me: Me) => void }) {
  const text = useText().passkeySignIn
  const signIn = useMutation({ mutationFn: signInByPasskey, onSuccess: onSignedIn })
  if (!browserSupportsWebAuthn()) return null
  return (
    <section className="panel mb-9 p-5 md:p-6">
      <h2 className="text-lg font-bold">{text.title}</h2>
      <p className="mt-1 text-muted">{text.help}</p>
      <Button
        kind="primary"
        size="large"
        className="mt-4 w-full sm:w-auto"
        disabled={signIn.isPending}
        onClick={() => signIn.mutate()}
      >
        {signIn.isPending ? text.doing : text.do}
      </Button>
      {signIn.error !== null && (
        <div className="mt-4">
          <PasskeyProblem error={signIn.error} />
        </div>
      )}
    </section>
  )
}
