import type { ApprovalRow } from './approval/approval-store.ts'
import { openChannels } from './channel/channel.ts'
import type { ApprovalFact, Channels, ChannelSources } from './channel/channel.ts'
import type { Domains } from './domains.ts'
import type { Foundation } from './foundation.ts'
import type { Identity } from './identity/identity.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'

/** Opens the ways to people, before the approvals, which ask for quiet hours. Nothing is sent before they are started. */
export async function openChannelsOf(
  foundation: Foundation,
  identity: Pick<Identity, 'person'>,
  origin: () => string,
): Promise<Channels> {
  const { config, clock, log, disposer } = foundation
  const guard = createAddressGuard(config.allowAddresses)
  // Connections of their own: receivers that answer slowly hold up no act.
  const upstream = createUpstream(guard, { log, clock })
  disposer.add('notification connections', async () => await upstream.close())
  const channels = await openChannels({
    ...foundation,
    guard,
    upstream,
    origin,
    contact: config.pushContact,
    mayHear: async (id) => ((await identity.person(id))?.roles.length ?? 0) > 0,
  })
  disposer.add('notifications', async () => await channels[Symbol.asyncDispose]())
  return channels
}

/** What notifications say, read where it stands. */
export function channelSources({ approvals, identity }: Domains): ChannelSources {
  const { store, plans, safe } = approvals.parts
  async function fact(row: ApprovalRow): Promise<ApprovalFact> {
    return { ...row, agreedBy: row.agreed_by, sentence: (await safe.card(row.id))?.sentence }
  }
  return {
    async approval(id) {
      const row = await store.find(id)
      return row && (await fact(row))
    },
    plan: async (id) => await plans.find(id),
    async waitingFor(person) {
      const organization = (await identity.person(person))?.organization
      if (organization === undefined) return []
      const lists = (['pending', 'held'] as const).map(
        async (state) => await store.list({ organization, subject: person, state, limit: waitingMax }),
      )
      return await Promise.all((await Promise.all(lists)).flat().map(fact))
    },
    people: async (organization) => await identity.members.people(organization),
  }
}

/** Of each kind; of more than that, nobody needs to be told one by one. */
const waitingMax = 100
