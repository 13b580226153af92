import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { call } from './call.ts'
import type { Me } from './types.ts'

export interface Passkey {
  readonly id: string
  readonly name: string
  /** The host of the console that it works at. */
  readonly host: string
  readonly created: string
  readonly lastUsed?: string
}

type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON']
type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']

export async function listPasskeys(signal: AbortSignal): Promise<readonly Passkey[]> {
  const { passkeys } = await call<{ passkeys: readonly Passkey[] }>('GET', '/passkeys', { signal })
  return passkeys
}

/** Has the browser make a passkey, which asks the person. Throws ApiProblem, or WebAuthnError of the browser. */
export async function addPasskey(name: string): Promise<Passkey> {
  const optionsJSON = await call<CreationOptions>('POST', '/passkeys/options')
  const response = await startRegistration({ optionsJSON })
  return await call<Passkey>('POST', '/passkeys', { body: { name, response } })
}

export async function renamePasskey(id: string, name: string): Promise<void> {
  await call('PATCH', `/passkeys/${encodeURIComponent(id)}`, { body: { name } })
}

export async function removePasskey(id: string): Promise<void> {
  await call('DELETE', `/passkeys/${encodeURIComponent(id)}`)
}

/** Signs in whoever the chosen passkey belongs to. Throws ApiProblem, or WebAuthnError of the browser. */
export async function signInByPasskey(): Promise<Me> {
  const optionsJSON = await call<RequestOptions>('POST', '/sign-in/passkey/options')
  const response = await startAuthentication({ optionsJSON })
  const { me } = await call<{ me: Me }>('POST', '/sign-in/passkey/verify', {
    body: { response, client: 'console' },
  })
  return me
}
