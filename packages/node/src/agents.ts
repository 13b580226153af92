import type { IncomingMessage } from 'node:http'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import { createAgentProofs } from './gateway/agent-proof.ts'
import type { AgentProofs } from './gateway/agent-proof.ts'
import type { AgentSide, Sender } from './gateway/authentication.ts'
import type { InFlight } from './gateway/in-flight.ts'
import type { AgentConnection } from './http/agent-connections.ts'
import { openAgentListener } from './http/agent-listener.ts'
import type { DataPath } from './kernel/data-path.ts'
import type { ServedAtOwn } from './own-addresses.ts'

/** How agents reach this node as themselves. */
export interface Agents {
  readonly proofs: AgentProofs
  /** For the gateway. */
  readonly side: AgentSide
}

export function createAgents(
  { clock, metrics }: Foundation,
  { authority, agentKeys }: Pick<Domains, 'authority' | 'agentKeys'>,
  origin: () => string,
): Agents {
  const proofs = createAgentProofs({
    access: authority.agents,
    agentOf: (key) => agentKeys.agentOf(key),
    origin,
    clock,
  })
  const refused = metrics.counter(
    'ambit_agent_requests_refused_total',
    'Requests of agents that proved, or failed to prove, who they are, and were not let in.',
    ['reason'],
  )
  return {
    proofs,
    side: {
      senderOf: (request) => proofs.senderOf(request),
      access: authority.agents,
      refused: (code) => void (refused.series(code).value += 1),
    },
  }
}

export interface AgentServing extends ServedAtOwn {
  readonly dataPaths: readonly DataPath[]
}

/** Opens the listener over mutual TLS; gives its port, undefined where the operator wants none. */
export async function openAgentPort(
  foundation: Foundation,
  { ca }: Pick<Domains, 'ca'>,
  { proofs }: Pick<Agents, 'proofs'>,
  inFlight: InFlight,
  serving: AgentServing,
): Promise<number | undefined> {
  const { config, disposer } = foundation
  if (config.agentsPort === undefined) return undefined
  const senders = new WeakMap<AgentConnection, Sender>()
  const listener = await openAgentListener({
    ...foundation,
    ca,
    addresses: config.addresses,
    port: config.agentsPort,
    hosts: config.hosts,
    ...serving,
    over(request: IncomingMessage, connection) {
      let sender = senders.get(connection)
      if (sender === undefined) senders.set(connection, (sender = senderOf(connection)))
      return proofs.over(request, sender)
    },
    ended(connection) {
      const holders = new Set([...(senders.get(connection)?.holders ?? [])].map(({ key }) => key))
      if (holders.size === 0) return
      inFlight.stop(
        (act) => holders.has(act.holderKey),
        'certificate.revoked',
        'the certificate or record of the agent that made it no longer counts',
      )
    },
  })
  disposer.add('connections of agents', async () => await listener.close())
  return listener.port
}

function senderOf({ peer, fingerprint }: AgentConnection): Sender {
  const { aic, organization, key } = peer
  return { aic, organization, key, certificate: fingerprint, holders: new Set() }
}
