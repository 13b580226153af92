import { hash } from 'node:crypto'
import { chmodSync, statSync } from 'node:fs'
import { chown, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../../kernel/clock.ts'
import type { Log } from '../../../kernel/log.ts'
import type { ChildUser } from './user.ts'

/** A home that no program used for this long is removed at the next start of the node. */
const keptMs = 30 * 24 * 3_600_000

/** Where one program keeps its files. */
export interface Home {
  readonly env: { readonly HOME: string; readonly TMPDIR: string }
  /** Where it starts; undefined for where the node runs. */
  readonly cwd: string | undefined
  /** The program is gone: what is temporary goes with it. */
  gone(): void
}

export interface HomesOptions {
  /** The data folder of the node. */
  readonly dataFolder: string
  readonly user: ChildUser | undefined
  readonly clock: Clock
  readonly log: Log
}

/**
 * Home folders of supervised programs, one for each name: what a program stores for one holder (caches, tokens) is not
 * found by the program of another, nor in the home of the node's own user. Each start has a folder of its own for what
 * is temporary.
 */
export interface Homes {
  of(name: string): Promise<Home>
}

export function createHomes({ dataFolder, user, clock, log }: HomesOptions): Homes {
  const folder = join(dataFolder, 'children')
  let ready: Promise<void> | undefined
  return {
    async of(name) {
      await (ready ??= prepare(folder, user, clock))
      const own = join(folder, hash('sha256', name).slice(0, 32))
      const HOME = join(own, 'home')
      const TMPDIR = join(own, 'tmp', clock.random(8).toString('hex'))
      // Not the program's own, so that it cannot put a link in the place of what is made here as root.
      await mkdir(join(own, 'tmp'), { recursive: true, mode: 0o711 })
      for (const path of [HOME, TMPDIR]) {
        await mkdir(path, { recursive: true, mode: 0o700 })
        if (user !== undefined) await chown(path, user.uid, user.gid)
      }
      const now = new Date(clock.now())
      await utimes(own, now, now)
      return {
        env: { HOME, TMPDIR },
        cwd: user === undefined || isOpenToAll(process.cwd()) ? undefined : HOME,
        gone() {
          rm(TMPDIR, { recursive: true, force: true }).catch((error: unknown) =>
            log.warn('mcp.child.left-behind', { error: String(error) }),
          )
        },
      }
    },
  }
}

async function prepare(folder: string, user: ChildUser | undefined, clock: Clock): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 })
  if (user !== undefined) {
    // Another user must get through to its home. What else is here has modes of its own.
    const parent = dirname(folder)
    chmodSync(parent, statSync(parent).mode | 0o011)
  }
  const before = clock.now() - keptMs
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const isOld = (await stat(path)).mtimeMs < before
    // What is temporary was left by a node that was killed.
    await rm(isOld ? path : join(path, 'tmp'), { recursive: true, force: true })
  }
}

/** Whether any user may be in that folder: many programs end when they cannot look at where they are. */
function isOpenToAll(path: string): boolean {
  const parent = dirname(path)
  return (statSync(path).mode & 0o005) === 0o005 && (parent === path || isOpenToAll(parent))
}
