import type { IncomingMessage } from 'node:http'
import type { CertificateAuthority } from '../ca/ca.ts'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import type { Projection } from '../projection/projection.ts'
import type { Governed, Registry } from '../registry/registry.ts'
import type { Response } from '../response/response.ts'
import type { Store } from '../store/store.ts'
import { createAccess } from './access.ts'
import { createAcpsPath } from './data-path.ts'
import { openDecisionStore } from './decision-store.ts'
import { createEntities } from './entities.ts'
import { createRegistrations } from './registrations.ts'
import { entityRow, publicRows } from './rows.ts'
import { createTrusted } from './trusted.ts'

/** This node as a registry of ACPs: what its clients know, over the records, people and certificates that are here. */
export interface Acps {
  /** The registration API below `/api/v1`, and `/acps-atr-v2/{acs,eab}`. */
  readonly dataPath: DataPath
  /** `/acps-atr-v2/entity`, for agents over mutual TLS. */
  readonly agentPath: DataPath
}

export interface AcpsParts {
  readonly store: Store
  readonly keyring: Keyring
  readonly clock: Clock
  readonly log: Log
  readonly identity: Pick<Identity, 'callerOf' | 'person'>
  /** Name of an organisation, as people read it. */
  readonly nameOf: (organization: string) => Promise<string | undefined>
  readonly registry: Registry
  readonly projection: Projection
  readonly governed: Governed
  readonly response: Pick<Response, 'suspend' | 'reinstate'>
  readonly ca: Pick<CertificateAuthority, 'credential'>
  /** AIC in the client certificate of a request's connection. */
  readonly peerOf: (request: IncomingMessage) => string | undefined
  readonly entitiesMax: number
  readonly origin: () => string
}

/** Opens the interfaces of an ACPs registry (ACPs ATR v02.01 and v02.02; paths and forms of the reference server 2.1). */
export async function openAcps(parts: AcpsParts): Promise<Acps> {
  const { clock, log, peerOf } = parts
  const access = createAccess(parts)
  const rows = {
    ...parts,
    access,
    registrations: createRegistrations({ ...parts, decisions: await openDecisionStore(parts.store) }),
    trusted: createTrusted(parts),
    registerEntity: createEntities(parts),
  }
  const common = {
    callerOf: async (request: IncomingMessage) => await access.callerOf(request.headers),
    peerOf,
    clock,
    log,
  }
  return {
    dataPath: createAcpsPath({
      ...common,
      rows: publicRows(rows),
      claims: (path) =>
        path.startsWith('/api/v1/') || /^\/acps-atr-v2\/(?:acs|eab|entity)(?:\/|$)/.test(path),
    }),
    agentPath: createAcpsPath({
      ...common,
      rows: [entityRow(rows)],
      claims: (path) => path === '/acps-atr-v2/entity',
    }),
  }
}
