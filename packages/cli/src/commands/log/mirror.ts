import { mkdir } from 'node:fs/promises'
import { base64 } from '@ambit/core/bytes'
import { look } from '@ambit/core/log/follow'
import type { Look } from '@ambit/core/log/follow'
import type { FollowState } from '@ambit/core/log/follow-state'
import { noLeaves } from '@ambit/core/log/leaf-rules'
import { checkpointPath } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'
import type { Trust } from '@ambit/core/log/trust'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import { directorySource } from './directory-source.ts'
import { chosenTrust, openSource, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { reportLook } from './look-report.ts'
import { MirrorFolder } from './mirror-folder.ts'
import { nodeHashing } from './node-hashing.ts'
import { repeatLook, withRepeat } from './repeat-look.ts'
import type { RepeatOptions } from './repeat-look.ts'

/** `ambit log mirror`: a copy of a log in its public layout, of which every file was checked before it was written. */
export function mirrorCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'mirror <url> <folder>',
    'keep a checked copy of a log, in exactly its public layout',
    'log mirror https://node.example/log/registry/2026h2 ./registry-mirror --policy policy.txt --once',
  )
  withRepeat(withTrust(withSource(command))).action(
    async (place: string, folder: string, options: SourceOptions & TrustOptions & RepeatOptions) => {
      const trust = trustOf(await chosenTrust(options))
      const remote = await openSource(place, options)
      await mkdir(folder, { recursive: true })
      await repeatLook(context, options, async () => {
        const seen = await copy(remote, folder, trust, context.terminal.now())
        return await reportLook(seen, folder.replace(/\/+$/, ''))
      })
    },
  )
}

async function copy(remote: LogSource, folder: string, trust: Trust, now: number): Promise<Look> {
  const copied = new MirrorFolder(folder)
  const state = await stateOf(folder, trust, now)
  const known = state === undefined ? {} : { state }
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
      source: from,
      trust,
      now,
      hashing: nodeHashing,
      ...known,
      onTile: (tile, parts) => copied.write(tile, parts),
    })
  const first = await lookOnce(source)
  // A fault may be one of our own disk: then what the log itself serves takes the place of it.
  const seen =
    first.outcome.kind === 'damaged' || first.outcome.kind === 'fork' ? await lookOnce(remote) : first
  if (seen.outcome.kind === 'grown' || seen.state.head?.checkpoint !== state?.head?.checkpoint) {
    await copied.finish(seen.state.head?.checkpoint ?? '')
  }
  return seen
}

/** Where the copy stands: its own checkpoint, which is written last. */
async function stateOf(folder: string, trust: Trust, now: number): Promise<FollowState | undefined> {
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
