import type { Profile } from '@ambit/core/record'
import { call } from './call.ts'
import type {
  Certification,
  Probe,
  Recalled,
  RecordList,
  RecordStep,
  RecordView,
  Registration,
} from './types.ts'

export interface RecordSearch {
  readonly search?: string | undefined
  readonly state?: string | undefined
  readonly cursor?: string | undefined
}

export async function listRecords(query: RecordSearch, signal: AbortSignal): Promise<RecordList> {
  return await call<RecordList>('GET', '/records', { query: { ...query }, signal })
}

export async function getRecord(slug: string, signal: AbortSignal): Promise<RecordView> {
  return await call<RecordView>('GET', `/records/${encodeURIComponent(slug)}`, { signal })
}

export async function registerRecord(registration: Registration): Promise<RecordView> {
  return await call<RecordView>('POST', '/records/register', { body: registration })
}

export interface Acceptance {
  readonly capabilities: readonly string[]
  /** Profiles that the operator corrected, by capability id. */
  readonly profiles?: Readonly<Record<string, Profile>>
}

export async function acceptCapabilities(slug: string, acceptance: Acceptance): Promise<void> {
  await call('POST', `/records/${encodeURIComponent(slug)}/accept`, { body: acceptance })
}

export async function takeStep(slug: string, step: RecordStep, note: string): Promise<void> {
  await call('POST', `/records/${encodeURIComponent(slug)}/${step}`, { body: note === '' ? {} : { note } })
}

export async function certifyRecord(slug: string): Promise<Certification> {
  return await call<Certification>('POST', `/records/${encodeURIComponent(slug)}/certify`)
}

export async function probeRecord(slug: string): Promise<Probe> {
  return await call<Probe>('POST', `/records/${encodeURIComponent(slug)}/probe`)
}

export interface Recall {
  /** Left out: every version. */
  readonly version?: string
  readonly note: string
}

export async function recallRecord(slug: string, recall: Recall): Promise<Recalled> {
  return await call<Recalled>('POST', `/records/${encodeURIComponent(slug)}/recall`, { body: recall })
}
