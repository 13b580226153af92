import type { Format } from '@ambit/core/format'
import type { AgentRecord, Interface } from '@ambit/core/record'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { Imported } from './records.ts'

/** Formats that a record is written in: those it is read from, the object of GB/Z 185.4, and the asset register. */
export type ExportFormat = Format | 'gbz185' | 'tc260'

export interface ExportWish {
  readonly format: ExportFormat
  /** Only of the asset register: `csv` is a table for spreadsheets. */
  readonly as?: 'json' | 'csv'
  /** `node`: with the node's addresses in place of the agent's own. */
  readonly addresses?: 'own' | 'node'
}

export interface ExportedRecord {
  readonly format: ExportFormat
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

/** A description of an agent, or where it is to be had. */
export interface DescriptionImport {
  readonly document?: Readonly<Record<string, unknown>>
  readonly url?: string
  /** Left out: seen from the document. */
  readonly format?: Format
  readonly slug?: string
  /** An owner says that its name may resemble another one. */
  readonly confirmName?: boolean
  /** Only says what the draft would be, and keeps nothing. */
  readonly preview?: boolean
}

/**
 * Records in the formats of others.
 *
 * @example
 * ```ts
 * const { document } = await ambit.formats.export('weather', { format: 'acs' })
 * const { results } = await other.formats.import({ document })
 * ```
 */
export function formatCalls({ call }: Connection) {
  return {
    async export(slug: string, wish: ExportWish, { signal }: Options = {}) {
      return await call<ExportedRecord>('GET', path`/api/records/${slug}/export`, {
        query: { ...wish },
        signal,
      })
    },
    /** All records of the organisation in the asset register of TC260-PG-20266A. */
    async assetRegister(wish: Pick<ExportWish, 'as'> = {}, { signal }: Options = {}) {
      return await call<ExportedRecord>('GET', '/api/asset-register', { query: { ...wish }, signal })
    },
    /** Makes a draft of each agent described; none of them can be called before a person activated it. */
    async import(description: DescriptionImport, { signal }: Options = {}) {
      return await call<Imported>('POST', '/api/records/import', { body: description, signal })
    },
  }
}
