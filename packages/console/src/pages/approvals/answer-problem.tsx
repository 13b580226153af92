import { Link } from '@tanstack/react-router'
import { ApiProblem } from '../../api/call.ts'
import { PasskeyUnanswered } from '../../api/passkey-answer.ts'
import { useText } from '../../i18n/language.tsx'
import { Problem } from '../../ui/problem.tsx'

/** Why an answer did not count. */
export function AnswerProblem({ error }: { readonly error: Error | null }) {
  const text = useText()
  if (error === null) return null
  return (
    <div className="mb-3">
      {error instanceof PasskeyUnanswered ? (
        <div role="alert" className="rounded-md border border-danger bg-danger-wash p-4">
          <p className="font-bold text-danger">{text.alternatives.passkeyUnanswered}</p>
          <p className="mt-1">{text.alternatives.passkeyUnansweredHelp}</p>
        </div>
      ) : (
        <>
          <Problem error={error} />
          {error instanceof ApiProblem && error.code === 'approval.step-up' && (
            <Link
              to="/security"
              className="mt-2 inline-block font-semibold text-accent underline underline-offset-4"
            >
              {text.alternatives.passkeyAdd}
            </Link>
          )}
        </>
      )}
    </div>
  )
}
