import type { Format } from '@ambit/core/format'
import type { Json } from '@ambit/core/wire/a2a/json'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Route } from '../kernel/route.ts'
import { createAddressGuard } from '../net/address.ts'
import { createUpstream } from '../net/upstream.ts'
import type { ImportDocuments, Registry } from '../registry/registry.ts'
import type { Draft } from './draft.ts'
import { exportRecord } from './export.ts'
import type { ExportParts } from './export.ts'
import { fromDocument, toDocument } from './formats.ts'
import { admit } from './gate.ts'
import { createImport } from './import.ts'
import { createPublicDocuments, publicRoutes } from './public-routes.ts'
import type { PublicDocument } from './public-routes.ts'
import { exportRoutes } from './routes.ts'

/** A record in the formats of others: written as them, and drafted from them. */
export interface Projection extends AsyncDisposable {
  readonly importDocuments: ImportDocuments
  readonly routes: readonly Route[]
  /** Reads a document of a third party, once it was let in. Throws `format.…`. */
  readonly read: (format: Format, document: unknown) => Draft
  /** A record as it is given, in a format. Pure. */
  readonly write: typeof toDocument
  /** The record in force, else its draft, with the addresses that are its own. Throws `input.not-found`. */
  readonly exported: (record: string, organization: string, format: Format) => Promise<Json>
  /** What anyone may read of a record in force, by format. Throws `input.not-found`. */
  readonly publicDocument: PublicDocument
}

export interface ProjectionParts extends Omit<ExportParts, 'registry'> {
  readonly registry: Registry
  /** Address ranges that the operator allowed beside the public ones. */
  readonly allowAddresses: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

export function openProjection(parts: ProjectionParts): Projection {
  const { clock, log, registry } = parts
  const guard = createAddressGuard(parts.allowAddresses)
  // Connections of their own: what holds up an import holds up no act.
  const upstream = createUpstream(guard, { log, clock })
  const publicDocument = createPublicDocuments(parts)
  return {
    importDocuments: createImport({ registry, upstream, guard, clock, log }),
    read: (format, document) => fromDocument(format, admit(document, guard)),
    write: toDocument,
    exported: async (record, organization, format) =>
      (await exportRecord(parts, record, organization, format, 'own')).document,
    routes: [...exportRoutes(parts), ...publicRoutes(parts, publicDocument)],
    publicDocument,
    async [Symbol.asyncDispose]() {
      await upstream.close()
    },
  }
}
