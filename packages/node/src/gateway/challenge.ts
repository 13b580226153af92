import type { Challenge } from '../signin/signin.ts'
import type { Course } from './course.ts'
import type { EgressOutcome } from './egress.ts'
import type { RoutePlan } from './plan.ts'

/**
 * What becomes of an act that its target refused for want of a sign-in. `again`: its token was renewed and nothing can go
 * wrong by sending it once more; whatever else is sent again, its caller decides.
 */
export async function afterChallenge(
  course: Course,
  { signIn, repeatable }: RoutePlan,
  refused: EgressOutcome,
  challenge: Challenge,
): Promise<EgressOutcome | 'again'> {
  const { challenge: _theirs, ...plain } = refused
  if (signIn === undefined) return plain
  const { parts, intake } = course
  const { organization, subject: person } = intake.holder
  const { slug } = intake.target
  const remedy = await parts.signIns.refused(
    { organization, person },
    signIn.server,
    challenge,
    valueOf(course.credentials, signIn.header),
  )
  if (remedy === undefined) return plain
  if (remedy === 'denied') {
    return failed('upstream.denied', `${slug} refuses this although the person is signed in`)
  }
  if (remedy === 'renewed') {
    if (repeatable && !course.repeated) return 'again'
    return failed('upstream.sign-in', `the sign-in to ${slug} was just renewed: make the same call again`)
  }
  const url = parts.signInUrl(slug)
  const detail = `${slug} wants the person to sign in, at ${url} ; then make the same call again`
  return failed('upstream.sign-in', detail, url)
}

function failed(code: string, detail: string, url?: string): EgressOutcome {
  return { status: 'failed', error: { code, detail, ...(url === undefined ? {} : { url }) } }
}

/** Of headers, names and values in turn. */
function valueOf(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1]
  return undefined
}
