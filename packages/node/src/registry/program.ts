import { Fault } from '@ambit/core/fault'
import { defaultOrganization } from '../identity/identity.ts'

/**
 * A program runs on the machine of the node as the node's own user, so it can read what belongs to every organisation:
 * only the one that runs the node registers any. Throws `identity.node-operators`.
 */
export function refuseProgramOf(organization: string): void {
  if (organization === defaultOrganization) return
  throw new Fault('identity.node-operators', {
    detail: 'a command runs on the machine of the node, where other organisations have their data',
    where: 'command',
  })
}
