import { openServer } from '@ambit/node/http/server'
import type { HttpServer, ServerOptions } from '@ambit/node/http/server'
import { silentLog } from '@ambit/node/kernel/log'
import { createMetrics } from '@ambit/node/kernel/metrics'
import type { Caller } from '@ambit/node/kernel/route'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handClock } from './clock.ts'

/** People by the credential they show: one for each role, and an API token. */
export const callers: Readonly<Record<string, Caller>> = {
  ambs_owner: caller(['owner']),
  ambs_approver: caller(['approver']),
  ambs_operator: caller(['operator']),
  ambs_auditor: caller(['auditor']),
  amba_operator: caller(['operator'], 'token'),
}

/** A real server on any free port of both loopback addresses, for routes under test; replies are held against their schema. */
export async function startControlServer(options: Partial<ServerOptions> = {}): Promise<HttpServer> {
  return await openServer({
    routes: [],
    dataPaths: [],
    files: new Map(),
    consoleFolder: join(tmpdir(), 'no-console-here'),
    identity: { callerOf: async (credential) => callers[credential] },
    addresses: ['127.0.0.1', '::1'],
    port: 0,
    hosts: [],
    origin: undefined,
    tls: undefined,
    clock: handClock(),
    log: silentLog,
    metrics: createMetrics(),
    checkReplies: true,
    ...options,
  })
}

function caller(roles: Caller['roles'], by: Caller['by'] = 'session'): Caller {
  return { person: 'p_1', organization: 'main', roles, by }
}
