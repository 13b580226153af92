import { readFile, rename, writeFile } from 'node:fs/promises'
import { look } from '@ambit/core/log/follow'
import { followStateSchema } from '@ambit/core/log/follow-state'
import type { FollowState } from '@ambit/core/log/follow-state'
import type { Command } from 'commander'
import { parseDuration } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import { chosenTrust, openSource, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { reportLook } from './look-report.ts'
import { nodeHashing } from './node-hashing.ts'
import { repeatLook, withRepeat } from './repeat-look.ts'
import type { RepeatOptions } from './repeat-look.ts'

interface MonitorOptions extends SourceOptions, TrustOptions, RepeatOptions {
  readonly state: string
  readonly silent: string
  readonly overdue: string
  readonly leaves: boolean
}

/** `ambit log monitor`: follows a log and says when it goes back, splits, loses a file or holds what it must not. */
export function monitorCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'monitor <url>',
    'follow a log: 0 all is well, 1 proof of misbehaviour or damage, 2 it could not be checked',
    'log monitor https://node.example/log/activity/2026h2 --policy policy.txt --state node.state --every 60',
  )
  withRepeat(withTrust(withSource(command)))
    .requiredOption('--state <file>', 'what is remembered from look to look; proof is written beside it')
    .option('--silent <time>', 'a log that says nothing new for this long is silent', '1d')
    .option('--overdue <time>', 'an act without an outcome for this long is an alarm', '1h')
    .option('--no-leaves', 'do not read the entries as those of an Ambit node')
    .action(async (place: string, options: MonitorOptions) => {
      const trust = trustOf(await chosenTrust(options))
      const source = await openSource(place, options)
      const silentMsMax = parseDuration(options.silent)
      const overdue = options.leaves ? { intentMsMax: parseDuration(options.overdue) } : {}
      await repeatLook(context, options, async () => {
        const state = await readState(options.state)
        const known = state === undefined ? {} : { state }
        const now = context.terminal.now()
        const seen = await look({
          source,
          trust,
          now,
          silentMsMax,
          hashing: nodeHashing,
          ...known,
          ...overdue,
        })
        const output = await reportLook(seen, options.state)
        if (seen.state !== state) await writeState(options.state, seen.state)
        return output
      })
    })
}

async function readState(path: string): Promise<FollowState | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Refusal(`${path} could not be read`, 'Check that the file is yours.', error)
  })
  if (text === undefined) return undefined
  const parsed = followStateSchema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new Refusal(
    `${path} is no state of a monitor`,
    'Give the file that `ambit log monitor` wrote, or a new name to begin anew.',
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No JSON is no state either; the reader of the state says so.
    return undefined
  }
}

async function writeState(path: string, state: FollowState): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, `${JSON.stringify(state)}\n`)
    await rename(draft, path)
  } catch (error) {
    throw new Refusal(`${path} could not be written`, 'Check that the folder exists and is yours.', error)
  }
}
