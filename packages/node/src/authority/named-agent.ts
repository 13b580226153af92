import { Fault } from '@ambit/core/fault'
import type { Mandate } from '@ambit/core/mandate'
import type { KnownAgent } from './grants.ts'

export interface AgentSource {
  readonly agent: (organization: string, name: string) => Promise<KnownAgent | undefined>
}

/**
 * Refuses a link signed elsewhere that names a registered agent whose key does not hold it: people are told who acts by
 * that name. A holder that narrows to itself keeps the name it has. Throws `chain.agent`.
 */
export async function refuseBorrowedName(source: AgentSource, above: Mandate, body: Mandate): Promise<void> {
  const { agent: name, holder, organization, id } = body
  if (name === undefined || (name === above.agent && holder === above.holder)) return
  const agent = await source.agent(organization, name)
  if (agent?.id === name && agent.keys.includes(holder)) return
  throw new Fault('chain.agent', { detail: 'its holder is no key of the agent that it names', where: id })
}
