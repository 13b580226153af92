import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import type { Context, Output } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'

export interface RepeatOptions {
  readonly every: string
  readonly once?: boolean
}

export function withRepeat(command: Command): Command {
  return command
    .option('--every <seconds>', 'look again after this long', '60')
    .option('--once', 'look once and end')
}

/**
 * Looks again and again. Ends at the first proof of misbehaviour or damage, so that whoever supervises the command
 * notices; what could not be checked this time is tried again.
 */
export async function repeatLook(
  context: Context,
  options: RepeatOptions,
  lookOnce: () => Promise<Output>,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): Promise<void> {
  const everyMs = parseCount(options.every) * 1000
  if (everyMs < 1000) throw new Refusal('--every is too short', 'Write one second at least.')
  for (;;) {
    const output = await lookOnce()
    context.reply(output)
    if (options.once === true || output.exitCode === exitCodes.refused) return
    await wait(everyMs)
  }
}
