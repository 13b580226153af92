import { call } from './call.ts'

/** A client that this person let in. */
export interface Program {
  readonly id: string
  readonly client: { readonly id: string; readonly name: string }
  readonly redirectHost: string
  /** What it may do. */
  readonly mandate: string
  readonly created: string
  readonly expires: string
}

export async function listPrograms(signal: AbortSignal): Promise<readonly Program[]> {
  const reply = await call<{ connections: readonly Program[] }>('GET', '/oauth/connections', { signal })
  return reply.connections
}

/** Its codes and tokens end at once; the mandate stays. */
export async function endProgram(id: string): Promise<void> {
  await call('DELETE', `/oauth/connections/${encodeURIComponent(id)}`)
}
