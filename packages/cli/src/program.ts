import { Command, CommanderError } from 'commander'
import type { Argument } from 'commander'
import { accessCommands } from './commands/access.ts'
import { actCommands } from './commands/acts.ts'
import { approvalCommands } from './commands/approvals/approvals.ts'
import { backupCommands } from './commands/backup.ts'
import { certificateCommands } from './commands/certificates.ts'
import { chainCommands } from './commands/chains.ts'
import { channelCommands } from './commands/channels.ts'
import { contentsCommands } from './commands/contents.ts'
import { addressCommands } from './commands/addresses.ts'
import { domainCommands } from './commands/domains.ts'
import { feedCommands } from './commands/feed.ts'
import { formatCommands } from './commands/formats.ts'
import { identityCommands } from './commands/identity.ts'
import { logGroup } from './commands/log/log-group.ts'
import { livenessCommands } from './commands/liveness.ts'
import { lifeCommands } from './commands/life.ts'
import { mandateCommands } from './commands/mandates.ts'
import { outboxCommands } from './commands/outbox.ts'
import { organizationCommands, peopleCommands } from './commands/people.ts'
import { recordCommands } from './commands/records.ts'
import { registrationCommands } from './commands/registration.ts'
import { ruleCommands } from './commands/rules.ts'
import { scanCommand } from './commands/scan.ts'
import { signInCommands } from './commands/sign-in.ts'
import { stopCommands } from './commands/stops.ts'
import { createContext } from './context.ts'
import type { Context } from './context.ts'
import { exitCodes, explain } from './refusal.ts'
import type { ExitCode } from './refusal.ts'
import type { Terminal } from './terminal.ts'

/** Runs one command and gives its exit code. Answers go to standard output, everything else to standard error. */
export async function runAmbit(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  // Read here, because an error of the arguments must keep to it too.
  const json = argv.slice(0, separatorOf(argv)).includes('--json')
  let exitCode: ExitCode = exitCodes.done
  const context = createContext(terminal, {
    reply(output) {
      terminal.out(json ? JSON.stringify(output.json, null, 2) : output.text)
      exitCode = output.exitCode ?? exitCodes.done
    },
    tell: ({ text, json: value }) => terminal.out(json ? JSON.stringify(value) : text),
  })
  const program = await createProgram(context, argv)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.untried
    const explained = explain(error)
    terminal.err(json ? JSON.stringify({ problem: explained.json }) : explained.text)
    return explained.exitCode
  }
}

/** Every command there is; those below `log` only where the arguments name it. */
export async function createProgram(context: Context, argv: readonly string[]): Promise<Command> {
  const program = new Command('ambit')
    .description('The command line of an Ambit node.')
    .option('--json', 'print one JSON value')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentText)].join(' '),
    })
    .configureOutput({
      writeOut: (text) => context.terminal.out(text.trimEnd()),
      writeErr: (text) => context.terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('Add --help to see what the command takes.')
    .addHelpText(
      'after',
      '\nThe node is AMBIT_URL, or the one of `ambit login`, or http://localhost:7100.\nAMBIT_TOKEN says who you are.' +
        '\nExit codes: 0 done, 1 refused or a check failed, 2 could not be tried.',
    )
  identityCommands(program, context)
  registrationCommands(program, context, argv.slice(separatorOf(argv) + 1))
  recordCommands(program, context)
  lifeCommands(program, context)
  domainCommands(program, context)
  addressCommands(program, context)
  livenessCommands(program, context)
  formatCommands(program, context)
  scanCommand(program, context)
  signInCommands(program, context)
  mandateCommands(program, context)
  chainCommands(program, context)
  ruleCommands(program, context)
  stopCommands(program, context)
  approvalCommands(program, context)
  outboxCommands(program, context)
  feedCommands(program, context)
  actCommands(program, context)
  const log = logGroup(program)
  if (argv.includes(log.name())) (await import('./commands/log/log.ts')).logCommands(log, context)
  contentsCommands(program, context)
  certificateCommands(program, context)
  channelCommands(program, context)
  accessCommands(program, context)
  peopleCommands(program, context)
  organizationCommands(program, context)
  backupCommands(program, context)
  return program
}

/** Left without `[options]`, which every command has: the list of commands fits the width of a terminal so. */
function argumentText(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}…` : argument.name()
  return argument.required ? `<${name}>` : `[${name}]`
}

/** Index of `--`, after which everything is a command to register. */
function separatorOf(argv: readonly string[]): number {
  const at = argv.indexOf('--')
  return at < 0 ? argv.length : at
}
