import type { AgentRecord } from '@ambit/core/record'
import type { Ambit } from '@ambit/sdk/client'

/** A record of an agent that only calls others, with a provider that can stand in its certificates. */
export function agentDocument(
  slug: string,
  more: Partial<AgentRecord> = {},
): Omit<AgentRecord, 'id' | 'organization' | 'keys'> {
  return {
    v: 1,
    aliases: [],
    slug,
    kind: 'agent',
    version: '1.0.0',
    name: { en: slug },
    description: {},
    provider: { organization: 'Example Bank', department: 'Payments', country: 'CN', domains: [] },
    responsible: { name: 'Operations' },
    interfaces: [],
    capabilities: [],
    places: [],
    scenarios: [],
    supplies: [],
    evidence: [],
    ...more,
  }
}

/** Brings such a record on line and gives its identity code. */
export async function registerAgent(
  ambit: Ambit,
  slug: string,
  more: Partial<AgentRecord> = {},
): Promise<string> {
  await ambit.records.apply(agentDocument(slug, more))
  await ambit.records.submit(slug)
  await ambit.records.activate(slug)
  return (await ambit.records.get(slug)).record.id
}
