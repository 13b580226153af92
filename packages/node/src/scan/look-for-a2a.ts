import { cardPath, formerCardPath } from '@ambit/core/wire/a2a/version'
import { objectIn, said } from './seen.ts'
import type { Ask, Seen } from './seen.ts'

/** Asks for an agent card (A2A 1.0, section 8.2) at its place and at the former one. Nothing that it names is called. */
export async function lookForA2a(origin: string, ask: Ask): Promise<Seen | undefined> {
  for (const path of [cardPath, formerCardPath]) {
    const answer = await ask({ method: 'GET', path, headers: { accept: 'application/json' } })
    if (answer?.status !== 200) continue
    const card = objectIn(answer)
    if (card === undefined || !isCard(card)) continue
    return {
      protocol: 'a2a',
      url: origin,
      transport: 'card',
      ...said('name', card['name']),
      ...said('version', versionIn(card)),
    }
  }
  return undefined
}

/** Of 1.0 or of the versions before: a name, and where it is reached. */
function isCard(card: Readonly<Record<string, unknown>>): boolean {
  if (typeof card['name'] !== 'string') return false
  return Array.isArray(card['supportedInterfaces']) || (typeof card['url'] === 'string' && 'skills' in card)
}

function versionIn(card: Readonly<Record<string, unknown>>): unknown {
  const interfaces = card['supportedInterfaces']
  if (!Array.isArray(interfaces)) return card['protocolVersion']
  const [first] = interfaces as readonly unknown[]
  return typeof first === 'object' && first !== null && 'protocolVersion' in first
    ? first.protocolVersion
    : undefined
}
