import { call } from './call.ts'
import type { Me } from './types.ts'

export async function signIn(token: string): Promise<Me> {
  const { me } = await call<{ me: Me }>('POST', '/sign-in', { body: { token, client: 'console' } })
  return me
}

export async function signOut(): Promise<void> {
  await call('POST', '/sign-out')
}

export async function getMe(signal?: AbortSignal): Promise<Me> {
  return await call<Me>('GET', '/me', signal === undefined ? {} : { signal })
}
