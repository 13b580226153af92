import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Decision } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import { askStraight, openBack } from './back.ts'
import { mcpTarget } from './mcp-acts.ts'
import type { TestMcpServer } from './mcp-server.ts'
import type { Authentication, Holder } from '@ambit/node/authority/authority'
import { systemClock } from '@ambit/node/kernel/clock'
import { createIds } from '@ambit/node/kernel/ids'
import { createKeyring } from '@ambit/node/kernel/keyring'
import { silentLog } from '@ambit/node/kernel/log'
import { createAddressGuard } from '@ambit/node/net/address'
import { createUpstream } from '@ambit/node/net/upstream'
import { createChallenge } from '@ambit/node/gateway/authentication'
import type { Egress } from '@ambit/node/gateway/egress'
import type { LegacyHandler } from '@ambit/node/gateway/mcp/mcp'
import type { ActHandle, Gateway, Intake, IngressSink } from '@ambit/node/gateway/gateway'
import { createViews } from '@ambit/node/gateway/mcp/names/views'
import { createOperations } from '@ambit/node/gateway/mcp/operations/operations'
import { openHub } from '@ambit/node/gateway/mcp/subscriptions/open-hub'
import { createLegacyEgress } from '@ambit/node/gateway/mcp/legacy/egress-session'
import { createLegacyIngress } from '@ambit/node/gateway/mcp/legacy/ingress'

/** Who may call, by token. */
export const holders = new Map(
  ['ann', 'bob'].map((name) => [
    name,
    {
      key: `did:key:${name}`,
      organization: 'main',
      subject: 'p_1',
      chain: { mandates: [] },
    } as unknown as Holder,
  ]),
)
const ids = createIds(systemClock)
export const reasons = [
  { code: 'mandate.no-entry', rule: 'm_1', what: 'the mandate does not allow it', howToAsk: 'Ask Ann.' },
]
const refusal: Decision = { class: 'refuse', reasons, obligations: [] }

/** Performs every act at once, but for the tools whose names say what becomes of them: `refuse`, `ask` and `full`. */
function openGateway(egress: Pick<Egress, 'perform'>, intakes: Intake[]): Gateway {
  function submit(intake: Intake, sink: IngressSink): ActHandle {
    intakes.push(intake)
    const id = ids.next()
    const idle = { id, cancel: () => undefined, resume: () => undefined }
    if (intake.capability.id === 'refuse') sink.refused(refusal, id)
    else if (intake.capability.id === 'ask') sink.asked({ id: 'p_1' } as never, { ...refusal, class: 'ask' })
    else if (intake.capability.id === 'full')
      sink.failed(new Fault('ledger.full', { detail: 'no space is left' }))
    else {
      const performance = egress.perform(
        {
          act: id,
          trace: intake.trace ?? id,
          target: intake.target,
          capability: intake.capability,
          arguments: intake.arguments,
          wire: undefined,
          holder: intake.holder.key,
          headers: [],
          stream: intake.stream,
          operation: intake.operation,
          reversibility: 0,
        },
        {
          event: (event) => sink.event(event),
          ask: askStraight(sink),
          outcome: (outcome) =>
            sink.outcome({ type: 'outcome', startedAt: 0, durationMs: 0, ...outcome }, id),
        },
      )
      return { id, cancel: (reason) => performance.cancel(reason), resume: () => performance.resume() }
    }
    return idle
  }
  return {
    authenticate: (authorization): Authentication => {
      const holder = holders.get(authorization?.slice('Bearer '.length) ?? '')
      return holder === undefined
        ? { ok: false, code: 'auth.unknown-token', detail: 'no such token' }
        : { ok: true, holder }
    },
    challenge: createChallenge({ origin: () => 'http://localhost:7100' }),
    visible: () => [],
    submit,
    ...openBack,
    approval: async () => await Promise.resolve(undefined),
    receiptOf: async (act) =>
      await Promise.resolve({ act, url: `http://localhost:7100/api/acts/${act}/receipt`, log: 'test' }),
    approvalUrl: (id) => `http://localhost:7100/approvals/${id}`,
  }
}

/** Hands what comes over HTTP to the ingress. */
function serve(ingress: LegacyHandler, gateway: Gateway): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = request.method === 'POST' ? Buffer.concat(chunks) : undefined
      let message: unknown
      try {
        message = body === undefined ? undefined : JSON.parse(body.toString())
      } catch {
        message = undefined
      }
      ingress.handle(request, response, body, message, gateway.authenticate(request.headers.authorization))
    })
  }).listen(0, '127.0.0.1')
}

/** A node that allows what its switches do not forbid, with one upstream of the older eras behind it. */
export async function startLegacyNode(
  upstreamServer: TestMcpServer,
  keyring = createKeyring(Buffer.alloc(32, 1), systemClock),
) {
  const upstream = createUpstream(createAddressGuard(['127.0.0.0/8']))
  const egress = createLegacyEgress({ upstream, clock: systemClock, log: silentLog })
  const tools = ['echo', 'add', 'slow', 'fail', 'image', 'ask', 'refuse', 'full']
  const target = mcpTarget(
    { version: '2025-11-25', url: upstreamServer.url, transport: 'streamable-http' },
    tools,
  )
  const intakes: Intake[] = []
  const listeners = new Set<() => void>()
  const gateway = openGateway(egress, intakes)
  function onChange(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const views = createViews({
    visible: () => [{ target, capabilities: [...target.capabilities.values()] }],
    targets: () => [target],
    revision: () => 0,
    toolsListedMax: 64,
  })
  const ingress = createLegacyIngress({
    gateway,
    views,
    operations: createOperations({ gateway, keyring, clock: systemClock }),
    hub: openHub({ gateway, views, clock: systemClock, onChange }),
    clock: systemClock,
    ids,
    keyring,
    log: silentLog,
    serverInfo: { name: 'ambit', version: '0.1.0' },
    onChange,
  })
  const server = serve(ingress, gateway)
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    intakes,
    change: () => listeners.forEach((listener) => listener()),
    async close() {
      ingress.close()
      server.close()
      server.closeAllConnections()
      await egress.close()
      await upstream.close()
    },
  }
}
