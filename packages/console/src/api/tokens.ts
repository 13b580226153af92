import { call } from './call.ts'

/** A token with which a program of the person uses the API. */
export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly created: string
  readonly expires?: string
}

export interface MadeToken extends ApiToken {
  /** Shown once. */
  readonly token: string
}

export async function listTokens(signal: AbortSignal): Promise<readonly ApiToken[]> {
  const { tokens } = await call<{ tokens: readonly ApiToken[] }>('GET', '/tokens', { signal })
  return tokens
}

export async function makeToken(name: string, expiresInDays: number): Promise<MadeToken> {
  return await call<MadeToken>('POST', '/tokens', { body: { name, expiresInDays } })
}

export async function endToken(id: string): Promise<void> {
  await call('DELETE', `/tokens/${encodeURIComponent(id)}`)
}
