import { base64 } from '@ambit/core/bytes'
import { look } from '@ambit/core/log/follow'
import type { FollowOptions, Look } from '@ambit/core/log/follow'
import type { FollowedHead, FollowState } from '@ambit/core/log/follow-state'
import { noLeaves } from '@ambit/core/log/leaf-rules'
import { checkpointPath } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'
import type { Trust } from '@ambit/core/log/trust'
import { Refusal } from '../../refusal.ts'
import { directorySource } from './directory-source.ts'
import type { MirrorFolder } from './mirror-folder.ts'

/** Looks at a log and writes each file into its copy once it was checked; the checkpoint is for the caller to write. */
export async function copyLook(folder: string, copied: MirrorFolder, options: FollowOptions): Promise<Look> {
  const { source: remote } = options
  const local = directorySource(folder)
  // What an earlier run has checked and written need not come over the network again.
  const source: LogSource = {
    read: async (path) =>
      path === checkpointPath
        ? await remote.read(path)
        : ((await local.read(path)) ?? (await remote.read(path))),
  }
  const lookOnce = async (from: LogSource): Promise<Look> =>
    await look({
      ...options,
      source: from,
      async onTile(tile, parts) {
        await options.onTile?.(tile, parts)
        await copied.write(tile, parts)
      },
    })
  const first = await lookOnce(source)
  // A fault may be one of our own disk: then what the log itself serves takes the place of it.
  return first.outcome.kind === 'damaged' || first.outcome.kind === 'fork' ? await lookOnce(remote) : first
}

export type CopyState = FollowState & { readonly head: FollowedHead }

/** Where a copy stands: its own checkpoint, which is written last. */
export async function copyState(folder: string, trust: Trust, now: number): Promise<CopyState | undefined> {
  const bytes = await directorySource(folder).read(checkpointPath)
  if (bytes === undefined) return undefined
  const trusted = await trust(bytes)
  if (!trusted.ok) {
    throw new Refusal(
      `the checkpoint in ${folder} is not to be believed: ${trusted.reason}`,
      'Name the key or policy that the mirror began with, or another folder.',
    )
  }
  const { origin, size, root } = trusted.checkpoint
  const head = { origin, size, root: base64(root), checkpoint: trusted.text }
  return { v: 1, head, freshAt: now, lookedAt: 0, leaves: noLeaves }
}
