import { ApiProblem } from '../../api/call.ts'
import { useText } from '../../i18n/language.tsx'
import { Problem } from '../../ui/problem.tsx'

type Kind = 'stopped' | 'known' | 'unfit' | 'place'

/** By the code that the ceremony's library gives (its `WebAuthnErrorCode`). */
const kinds: Readonly<Record<string, Kind>> = {
  ERROR_CEREMONY_ABORTED: 'stopped',
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'known',
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT: 'unfit',
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT: 'unfit',
  ERROR_AUTHENTICATOR_NO_SUPPORTED_PUBKEYCREDPARAMS_ALG: 'unfit',
  ERROR_INVALID_DOMAIN: 'place',
  ERROR_INVALID_RP_ID: 'place',
}

/** Why a passkey was not made or used: what the node says, or what the browser said, in words. */
export function PasskeyProblem({ error }: { readonly error: unknown }) {
  const text = useText().passkeys.problems
  if (error instanceof ApiProblem) return <Problem error={error} />
  const { title, remedy } = text[kindOf(error)]
  return (
    <div role="alert" className="rounded-md border border-danger bg-danger-wash p-4">
      <p className="font-bold text-danger">{title}</p>
      <p className="mt-1">{remedy}</p>
    </div>
  )
}

/** Browsers do not say whether a person refused or waited too long: both are "stopped", as is what nobody knows. */
function kindOf(error: unknown): Kind {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (Object.hasOwn(kinds, code)) return kinds[code] ?? 'stopped'
  return error instanceof Error && error.name === 'SecurityError' ? 'place' : 'stopped'
}
