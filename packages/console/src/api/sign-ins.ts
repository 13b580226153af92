import { call } from './call.ts'
import type { SignInAddress, SignInStatus } from './types.ts'

export async function getSignIn(slug: string, signal: AbortSignal): Promise<SignInStatus> {
  return await call<SignInStatus>('GET', `/records/${encodeURIComponent(slug)}/sign-in`, { signal })
}

export async function beginSignIn(slug: string): Promise<SignInAddress> {
  return await call<SignInAddress>('POST', `/records/${encodeURIComponent(slug)}/sign-in`)
}

export async function forgetSignIn(slug: string): Promise<void> {
  await call('DELETE', `/records/${encodeURIComponent(slug)}/sign-in`)
}

/** What an authorization server sent the person back with. */
export interface SignInAnswer {
  readonly state: string
  readonly code?: string
  readonly iss?: string
  readonly error?: string
}

export async function endSignIn(answer: SignInAnswer): Promise<{ readonly slug?: string }> {
  return await call<{ readonly slug?: string }>('POST', '/sign-ins', { body: answer })
}
