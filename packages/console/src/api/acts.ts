import { call } from './call.ts'
import type { ActList, NodeStatus } from './types.ts'

/** Acts shown at a time. */
const actsPerPage = 40

export async function listActs(before: number | undefined, signal: AbortSignal): Promise<ActList> {
  return await call<ActList>('GET', '/acts', { query: { limit: actsPerPage, before }, signal })
}

/** The receipt as it came: whoever shows it verifies it first. */
export async function getReceipt(act: string, signal: AbortSignal): Promise<unknown> {
  return await call<unknown>('GET', `/acts/${encodeURIComponent(act)}/receipt`, { signal })
}

export async function getStatus(signal: AbortSignal): Promise<NodeStatus> {
  return await call<NodeStatus>('GET', '/status', { signal })
}
