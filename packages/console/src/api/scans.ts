import { call } from './call.ts'

/** Something that answers; its name is its own word. */
export interface Finding {
  readonly protocol: 'mcp' | 'a2a' | 'ambit'
  readonly transport?: 'streamable-http' | 'sse' | 'card'
  /** What to register. */
  readonly url?: string
  readonly address: string
  readonly port: number
  readonly version?: string
  readonly name?: string
  readonly wantsCredentials?: true
  readonly standing: 'unregistered' | 'registered' | 'own'
  readonly slug?: string
  readonly callable: boolean
}

export interface Scan {
  readonly id: string
  readonly networks: readonly string[]
  readonly ports: readonly number[]
  readonly state: 'running' | 'done' | 'cancelled' | 'out-of-time' | 'failed'
  readonly began: string
  readonly ended?: string
  readonly tried: number
  readonly of: number
  readonly open: number
  readonly findings: readonly Finding[]
  readonly more: number
}

export interface Scans {
  /** Newest first. */
  readonly scans: readonly Scan[]
  /** What may be scanned. */
  readonly networks: readonly string[]
}

export interface ScanWish {
  readonly networks?: readonly string[]
  readonly ports?: readonly number[]
}

export async function listScans(signal: AbortSignal): Promise<Scans> {
  return await call<Scans>('GET', '/scans', { signal })
}

export async function startScan(wish: ScanWish): Promise<Scan> {
  return await call<Scan>('POST', '/scans', { body: wish })
}

/** What it has found stays. */
export async function cancelScan(id: string): Promise<Scan> {
  return await call<Scan>('POST', `/scans/${encodeURIComponent(id)}/cancel`)
}
