import type { Format } from '@ambit/core/format'
import type { AgentRecord, Interface } from '@ambit/core/record'
import { call } from './call.ts'

export type ExportFormat = Format | 'gbz185' | 'tc260'

export interface ExportWish {
  readonly format: ExportFormat
  /** Only of the asset register. */
  readonly as?: 'csv'
  /** `node`: with the node's addresses in place of the agent's own. */
  readonly addresses?: 'own' | 'node'
}

export interface ExportedRecord {
  readonly document?: Readonly<Record<string, unknown>>
  readonly csv?: string
  /** What the record holds and the format has no place for. */
  readonly losses: readonly string[]
}

/** A draft as it would be. Every text in it is data of a third party. */
export interface ImportPreview {
  readonly format: Format
  readonly kind: AgentRecord['kind']
  readonly version: string
  readonly name: AgentRecord['name']
  readonly description: string
  readonly provider: string
  readonly interfaces: readonly Pick<Interface, 'protocol' | 'version' | 'url' | 'transport'>[]
  readonly capabilities: readonly { readonly id: string; readonly name: string }[]
  readonly remarks: readonly string[]
}

export interface ImportResult {
  readonly name: string
  readonly ok: boolean
  readonly slug?: string
  readonly preview?: ImportPreview
  readonly problem?: { readonly code: string; readonly detail: string; readonly remedy?: string }
}

/** A description of an agent, or where it is to be had. */
export type Description = { readonly document: Readonly<Record<string, unknown>> } | { readonly url: string }

export async function exportRecord(slug: string, wish: ExportWish): Promise<ExportedRecord> {
  const path = `/records/${encodeURIComponent(slug)}/export`
  return await call<ExportedRecord>('GET', path, { query: { ...wish } })
}

export async function exportAssetRegister(as: 'csv' | undefined): Promise<ExportedRecord> {
  return await call<ExportedRecord>('GET', '/asset-register', { query: { as } })
}

/** What the drafts would be; nothing is kept. */
export async function previewImport(given: Description): Promise<readonly ImportResult[]> {
  return await send({ ...given, preview: true })
}

/** Makes a draft of each agent described. */
export async function importDescription(given: Description, slug: string): Promise<readonly ImportResult[]> {
  return await send({ ...given, ...(slug === '' ? {} : { slug }) })
}

async function send(body: object): Promise<readonly ImportResult[]> {
  const { results } = await call<{ results: readonly ImportResult[] }>('POST', '/records/import', { body })
  return results
}
