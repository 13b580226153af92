import { stricterClass } from '@ambit/core/mandate/narrowing'
import type { Target, TargetCapability } from '../registry/target.ts'
import { effectAllowed, matchingEntries } from './compiled.ts'
import { profileInForce } from './decide.ts'
import type { Sources } from './decide.ts'
import type { LiveChain } from './live-chain.ts'

/**
 * Whether some call of a capability may need a person under this chain: by an entry, by the catalogue, or because a rule
 * looks at it. For lists, where no arguments are known; a call alone is decided by `decide`.
 */
export function mayAsk(
  chain: LiveChain,
  target: Target,
  capability: TargetCapability,
  { table, rules }: Pick<Sources, 'table' | 'rules'>,
): boolean {
  const { effect, reversibility } = profileInForce(capability)
  const cell = table[effect][reversibility]
  const asks = chain.compiled.links.some((link) =>
    matchingEntries(link, target, capability.id).some(
      (entry) =>
        effectAllowed(entry, effect) &&
        (entry.decision === undefined ? cell.default : stricterClass(entry.decision, cell.floor)) === 'ask',
    ),
  )
  return (
    asks || rules.candidates(chain.organization, chain.mandates[0]!.subject, { target, capability }).size > 0
  )
}
