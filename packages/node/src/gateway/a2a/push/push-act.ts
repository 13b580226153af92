import type { Holder } from '../../../authority/authority.ts'
import { digestBytes } from '../../../kernel/digest.ts'
import type { Target, TargetCapability } from '../../../registry/target.ts'
import type { BackIntake } from '../../back.ts'

const served = { method: 'push notification', protocolVersion: '1.0' }

/**
 * What an agent does that tells a caller of its task unasked. The mandate must allow it of that agent; the caller only
 * gets to know something by it, at an address it chose itself (`task.push.set`).
 */
const pushCapability: TargetCapability = {
  id: 'task.push',
  definition: digestBytes(JSON.stringify(served)),
  profile: { effect: 'read', reversibility: 0, roles: {}, integrity: {}, dataClasses: [] },
  accepted: true,
  held: false,
  served,
}

const protocol = 'a2a/1.0/push'

/** On whose behalf, from whom, and as part of what. */
export interface PushParties {
  readonly holder: Holder
  readonly target: Target
  readonly parent: string
  readonly trace: string
}

export function pushIntake(parties: PushParties, args: Readonly<Record<string, unknown>>): BackIntake {
  return {
    ...parties,
    question: { capability: pushCapability, arguments: args, protocolIn: protocol },
    protocolOut: protocol,
  }
}

/** Finds whoever a callback is for: mandates are renewed, revoked and forgotten while tasks go on. */
export type HolderOf = (key: string, links: readonly string[]) => Holder | undefined

/**
 * Remembers the holders of callbacks: those whose mandate was revoked are no longer found, and a push for them is to
 * be refused and recorded like any act of theirs.
 */
export function rememberingHolders(
  find: HolderOf,
  remembered: { get(key: string): Holder | undefined; set(key: string, holder: Holder): void },
): (row: { readonly holder: string; readonly links: string }) => Holder | undefined {
  return ({ holder, links }) => {
    const name = `${holder} ${links}`
    const found = find(holder, JSON.parse(links) as string[])
    if (found === undefined) return remembered.get(name)
    remembered.set(name, found)
    return found
  }
}
