import type { AgentCard } from '@a2a-js/sdk'
import { duplicateInterfacesForLegacy } from '@a2a-js/sdk/compat/v0_3'

/** The card with its interfaces in the versions that an agent speaks. */
export function versionsOf(card: AgentCard, legacy: 'also' | 'only' | undefined): AgentCard {
  const { supportedInterfaces } = card
  if (legacy === undefined) return card
  if (legacy === 'also') {
    const both = duplicateInterfacesForLegacy(supportedInterfaces, ['JSONRPC', 'HTTP+JSON'])
    // Worst first: whoever takes the first of the list takes one that it may not speak.
    return { ...card, supportedInterfaces: both.toReversed() }
  }
  return {
    ...card,
    supportedInterfaces: supportedInterfaces.map((each) => ({ ...each, protocolVersion: '0.3' })),
  }
}

/** The same card as an agent serves it that knows nothing of 1.0. */
export function card03(card: AgentCard): Record<string, unknown> {
  const [first, ...others] = card.supportedInterfaces
  const { name, description, version, defaultInputModes, defaultOutputModes, capabilities } = card
  const { streaming, pushNotifications, extendedAgentCard } = capabilities ?? {}
  return {
    protocolVersion: '0.3.0',
    name,
    description,
    version,
    url: first?.url,
    preferredTransport: first?.protocolBinding,
    additionalInterfaces: others.map((each) => ({ url: each.url, transport: each.protocolBinding })),
    capabilities: { streaming, pushNotifications },
    supportsAuthenticatedExtendedCard: extendedAgentCard,
    defaultInputModes,
    defaultOutputModes,
    skills: card.skills.map((skill) => ({
      id: skill.id,
      name: skill.name,
      description: skill.description,
      tags: skill.tags,
    })),
  }
}
