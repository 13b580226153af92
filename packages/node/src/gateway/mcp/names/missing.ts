import type { Reason } from '@ambit/core/decision'
import type { Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import type { Visible } from '../../gateway.ts'

/** A list explains so much and no more; the console shows the rest. */
const reasonsMax = 20

/** Why servers that the mandate names, or all servers, are not seen: an empty list says nothing of that by itself. */
export function missingReasons(
  holder: Holder,
  registered: Iterable<Target>,
  seen: readonly Visible[],
): readonly Reason[] {
  const shown = new Map(seen.map(({ target, capabilities }) => [target.id, capabilities.length]))
  const named = namedBy(holder)
  const reasons: Reason[] = []
  for (const target of registered) {
    const byName = named.has(target.slug) || named.has(target.id)
    // A mandate for any server speaks of none in particular: of those, only what was taken out of use is missed.
    if (!byName && !(named.has('*') && outOfUse.has(target.state))) continue
    const reason = reasonOf(target, shown.get(target.id) ?? 0)
    if (reason !== undefined) reasons.push(reason)
  }
  if (reasons.length === 0 && seen.length === 0) reasons.push(nothing(holder, registered))
  return reasons.slice(0, reasonsMax)
}

const outOfUse: ReadonlySet<Target['state']> = new Set(['suspended', 'recalled'])

/** Slugs, AICs and `*` that the last link of the chain names. */
function namedBy({ chain }: Holder): ReadonlySet<string> {
  return new Set(chain.mandates.at(-1)?.allow.map((entry) => entry.target))
}

function reasonOf(target: Target, shown: number): Reason | undefined {
  const { slug, state, ruling, digest } = target
  if (state !== 'active') {
    const code = state === 'recalled' || state === 'suspended' ? `record.${state}` : 'record.not-active'
    return {
      code,
      rule: ruling ?? digest,
      what: `${slug} is not in use: it is ${state}.`,
      evidence: state,
      howToAsk: 'Ask an operator why, and what to use instead.',
    }
  }
  const held = [...target.capabilities.values()].filter((capability) => capability.held).length
  if (held > 0) {
    return {
      code: 'record.definition-changed',
      rule: digest,
      what: `${slug} serves ${held === 1 ? 'one capability' : `${held} capabilities`} that changed since they were accepted, so they are held.`,
      howToAsk: 'Ask an operator to look at the change and accept it.',
    }
  }
  return shown > 0
    ? undefined
    : {
        code: 'mandate.no-entry',
        rule: digest,
        what: `The mandate names ${slug}, and none of its capabilities.`,
        howToAsk: 'Ask the person for a mandate that names a capability.',
      }
}

export function isEmpty(targets: Iterable<Target>): boolean {
  return Iterator.from(targets).next().done === true
}

function nothing({ chain }: Holder, registered: Iterable<Target>): Reason {
  return {
    code: 'mandate.no-entry',
    rule: chain.links.at(-1) ?? chain.digest,
    what: isEmpty(registered)
      ? 'No MCP server is registered on this node.'
      : 'The mandate allows nothing of any MCP server here.',
    howToAsk: 'Ask the person for a mandate that names a server and its capabilities.',
  }
}
