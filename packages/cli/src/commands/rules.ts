import type { Rule, RuleTerms } from '@ambit/sdk/rules'
import { Option } from 'commander'
import type { Command } from 'commander'
import {
  collect,
  effects,
  moneyText,
  parseAllow,
  parseDuration,
  parseMoney,
  parseValues,
} from '../arguments.ts'
import type { Context } from '../context.ts'
import { readObject } from '../document.ts'
import { allPages } from '../pages.ts'
import { Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, entry, shown, timeCell } from '../text.ts'

interface RuleOptions {
  readonly file?: string
  readonly decision?: RuleTerms['decision']
  readonly effect?: NonNullable<RuleTerms['effect']>
  readonly above?: string
  readonly place?: string[]
  readonly argument?: readonly string[]
  readonly stepUp?: true
  readonly secondPerson?: true
  readonly forEverybody?: true
  readonly note?: string
  readonly expires?: string
}

const decisions = {
  ask: 'you are asked',
  user: 'only the person may do it',
  refuse: 'nobody may do it',
} as const

/** What is decided more strictly than mandates and the node would. */
export function ruleCommands(program: Command, context: Context): void {
  const list = async () => {
    const ambit = await context.ambit()
    const rules = await allPages(context.terminal, async (cursor) => {
      const page = await ambit.rules.list(cursor)
      return { rows: page.rules, next: page.next }
    })
    const text = rules.length === 0 ? 'No rules.' : rules.map(ruleEntry).join('\n\n')
    context.reply({ text, json: { rules } })
  }
  const rules = context
    .command(program, 'rules', 'list and set rules that make decisions stricter', 'rules')
    .action(list)
  context.command(rules, 'list', 'list the rules in force', 'rules list').action(list)
  addCommand(rules, context)
  context
    .command(rules, 'remove <id>', 'take a rule away', 'rules remove ru_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'taking a rule away')
      const ambit = await context.ambit()
      await ambit.rules.remove(id)
      context.reply({ text: 'Removed.', json: { removed: id } })
    })
}

function addCommand(rules: Command, context: Context): void {
  context
    .command(
      rules,
      'add [what]',
      'set a rule: for <record>/<capability>, either may be `*`',
      'rules add "shop/*" --decision ask --above 50EUR',
    )
    .addOption(new Option('--decision <who>', 'who decides').choices(Object.keys(decisions)))
    .addOption(new Option('--effect <effect>', 'of this effect and graver ones').choices(effects))
    .option('--above <money>', 'of more than this: 50EUR')
    .option('--place <place>', 'where it applies; an unknown place counts too', collect)
    .option('--argument <name=value>', 'where an argument has this value, or one of several', collect)
    .option('--step-up', 'whoever approves needs a passkey')
    .option('--second-person', 'two people must approve')
    .option('--for-everybody', 'for the organization, not for you alone; owners only')
    .option('--note <text>', 'why')
    .option('--expires <time>', 'its life: 15m, 12h, 30d')
    .option('-f, --file <file>', 'the whole rule as JSON; `-` reads standard input')
    .action(async (what: string | undefined, options: RuleOptions) => {
      const terms = await termsOf(context, what, options)
      const ambit = await context.ambit()
      const rule = await ambit.rules.set(terms)
      context.reply({ text: `${ruleEntry(rule)}\n\nIt counts from the next call on.`, json: rule })
    })
}

async function termsOf(context: Context, what: string | undefined, options: RuleOptions): Promise<RuleTerms> {
  if (options.file !== undefined) {
    if (what !== undefined || Object.keys(options).some((name) => name !== 'file' && name !== 'json'))
      throw new Refusal('both a file and a rule were given', 'Put everything into the file, or leave it out.')
    // The node reads it against its schema and names the member that is wrong.
    return (await readObject(context.terminal, options.file)) as unknown as RuleTerms
  }
  const { decision, effect, above, place, note, expires } = options
  if (what === undefined || decision === undefined) {
    throw new Refusal(
      'a rule needs what it is about and who decides',
      'Give <record>/<capability> and --decision ask|user|refuse, or -f <file>.',
    )
  }
  const { target, capability, decision: other } = parseAllow(what)
  if (other !== undefined)
    throw new Refusal(`${what} names a decision`, 'In a rule, say who decides with --decision.')
  const obligations = [
    ...(options.stepUp === true ? (['step-up'] as const) : []),
    ...(options.secondPerson === true ? (['second-person'] as const) : []),
  ]
  const end = expires === undefined ? undefined : context.terminal.now() + parseDuration(expires)
  return {
    scope: options.forEverybody === true ? 'organization' : 'mine',
    target,
    capability,
    ...(effect === undefined ? {} : { effect }),
    ...(options.argument === undefined ? {} : { arguments: constraintsOf(options.argument) }),
    ...(place === undefined ? {} : { places: place }),
    ...(above === undefined ? {} : { amountAbove: parseMoney(above) }),
    decision,
    ...(obligations.length === 0 ? {} : { obligations }),
    ...(note === undefined ? {} : { note }),
    ...(end === undefined ? {} : { expires: new Date(end).toISOString() }),
  }
}

/** One value of an argument is that value; several are any of them. */
function constraintsOf(pairs: readonly string[]): NonNullable<RuleTerms['arguments']> {
  const values = parseValues(pairs, '--argument')
  const constraints = [...values].map(([name, list]) => [
    name,
    list.length === 1 ? { eq: list[0] } : { in: list },
  ])
  // Values that no constraint takes (objects, lists) are refused by the node, which names them.
  return Object.fromEntries(constraints) as NonNullable<RuleTerms['arguments']>
}

function ruleEntry(rule: Rule): string {
  const { id, target, capability, effect, amountAbove, places, decision, obligations = [] } = rule
  const bounds = Object.entries(rule.arguments ?? {}).map(
    ([name, bound]) => `${cell(name)} ${shown(JSON.stringify(bound), 200)}`,
  )
  const conditions = [
    effect === undefined ? '' : `${effect} and graver`,
    amountAbove === undefined ? '' : `above ${moneyText(amountAbove)}`,
    places === undefined ? '' : `in ${places.map((place) => cell(place)).join(', ')}`,
    ...bounds,
  ].filter((each) => each !== '')
  const owed = obligations.map((each) => (each === 'step-up' ? 'with a passkey' : 'by two people'))
  return entry(
    [
      id,
      rule.scope === 'mine' ? 'yours' : 'everybody’s',
      rule.expires === undefined ? '' : `until ${timeCell(rule.expires)}`,
    ],
    [`${cell(target)}/${cell(capability)}`, ...conditions].join(', ') +
      `: ${[decisions[decision], ...owed].join(', ')}`,
    rule.note === undefined ? undefined : `“${shown(rule.note, 400)}”`,
  )
}
