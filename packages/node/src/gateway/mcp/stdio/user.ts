import { readFileSync } from 'node:fs'
import { Fault } from '@ambit/core/fault'

/** Whom a program runs as. */
export interface ChildUser {
  readonly uid: number
  readonly gid: number
}

/** The user without rights of nearly every system: owns no files, is in no group. */
const nobody: ChildUser = { uid: 65_534, gid: 65_534 }

/**
 * The user that AMBIT_CHILD_USER names, or nobody. Undefined where the node is not root and so cannot change the user,
 * and where it says root itself. Throws `config.invalid` for a name that this machine does not know.
 */
export function childUser(setting: string | undefined): ChildUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const user = setting === undefined ? nobody : (numbersOf(setting) ?? lookUp(setting))
  return user.uid === 0 ? undefined : user
}

function numbersOf(setting: string): ChildUser | undefined {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(setting) ?? []
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}

function lookUp(name: string): ChildUser {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':')
    if (user === name) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Fault('config.invalid', {
    detail: 'this machine has no user of that name',
    where: 'AMBIT_CHILD_USER',
    remedy: 'Make the user, or set AMBIT_CHILD_USER to `<uid>:<gid>`.',
  })
}
