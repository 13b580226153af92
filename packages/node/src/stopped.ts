import type { Reason } from '@ambit/core/decision'
import type { Suspended } from './approval/approval.ts'
import { reaches } from './authority/authority.ts'
import type { OpenAuthority, StoppableAct } from './authority/authority.ts'
import type { Registry } from './registry/registry.ts'
import { whyOf } from './response/stop.ts'

/** What a stop looks at of an act that waits. */
export function waitingAct(registry: Pick<Registry, 'targetOfDigest'>, suspended: Suspended): StoppableAct {
  return { ...suspended, targetId: registry.targetOfDigest(suspended.target)?.id ?? suspended.target }
}

/** The first stop that reaches an act that waits and was in force at any time since it began, as the store has them. */
export async function stoppedSince(
  { stops }: Pick<OpenAuthority, 'stops'>,
  registry: Pick<Registry, 'targetOfDigest'>,
  suspended: Suspended,
): Promise<Reason | undefined> {
  const act = waitingAct(registry, suspended)
  const found = (await stops.store.since(suspended.organization, suspended.at)).find((stop) =>
    reaches(stop, act),
  )
  return found && whyOf(found)
}
