import { canonicalJson } from '@ambit/core/canonical'
import type { RightsLeaf } from '@ambit/core/leaf'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { RoleName } from '../kernel/route.ts'

/**
 * Every change of who may do what, in the activity log, by ids only. It is durable there before whoever asked is
 * answered: a session or token whose entry could not be written is one that nobody was told. What takes a right away
 * takes it first, so that a log that is slow holds no revocation up.
 */
export interface Rights {
  /** Throws a Fault `ledger.*`; then nothing that was made may be given away. */
  record(
    what: RightsLeaf['what'],
    whose: { readonly id: string; readonly organization: string },
    change: RightsChange,
  ): Promise<void>
}

export interface RightsChange {
  /** Person who did it. */
  readonly by: string
  readonly roles?: readonly RoleName[]
  /** Id of the session, token or passkey. */
  readonly credential?: string
}

export function createRights(leaves: LeafWriter, clock: Clock): Rights {
  return {
    async record(what, { id: person, organization }, { by, roles, credential }) {
      const leaf: RightsLeaf = {
        v: 1,
        kind: 'rights',
        at: timeText(clock.now()),
        organization,
        person,
        by,
        what,
        ...(roles === undefined ? {} : { roles: [...roles] }),
        ...(credential === undefined ? {} : { credential }),
      }
      await leaves.write(canonicalJson(leaf))
    },
  }
}
