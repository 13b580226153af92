import type { Command } from 'commander'

/** The group by itself: what reads logs is much code, and is loaded where one is read (`log.ts`). */
export function logGroup(program: Command): Command {
  return program
    .command('log')
    .description('read, check and follow transparency logs')
    .addHelpText(
      'after',
      '\nA log is named by its address, as http://localhost:7100/log/activity/2026h2 (`ambit log shards`),' +
        '\nor by a folder with its public files.' +
        '\nExit codes: 0 good, 1 proof of misbehaviour or damage, 2 it could not be checked.',
    )
}
