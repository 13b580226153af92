import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Route } from '../kernel/route.ts'
import { createAddressGuard } from '../net/address.ts'
import { createUpstream } from '../net/upstream.ts'
import type { ImportDocuments, Registry } from '../registry/registry.ts'
import type { ExportParts } from './export.ts'
import { createImport } from './import.ts'
import { publicRoutes } from './public-routes.ts'
import { exportRoutes } from './routes.ts'

/** A record in the formats of others: written as them, and drafted from them. */
export interface Projection extends AsyncDisposable {
  readonly importDocuments: ImportDocuments
  readonly routes: readonly Route[]
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
  return {
    importDocuments: createImport({ registry, upstream, guard, clock, log }),
    routes: [...exportRoutes(parts), ...publicRoutes(parts)],
    async [Symbol.asyncDispose]() {
      await upstream.close()
    },
  }
}
