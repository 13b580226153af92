import type { Plan } from '@ambit/sdk/plans'
import type { Command } from 'commander'
import { collect } from '../../arguments.ts'
import type { Context } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import { needSession } from '../../session.ts'
import { cell, entry, facts, shown, timeCell, wrapped } from '../../text.ts'
import { cardEntry } from './card-text.ts'
import { confirmed, needNoPasskey } from './deciding.ts'

interface PlanOptions {
  readonly strike?: readonly string[]
  readonly deny?: true
}

/** What agents want to do for a task, as one list. */
export function planCommand(approvals: Command, context: Context): void {
  context
    .command(
      approvals,
      'plan [id]',
      'list the plans that wait, or decide one as a whole',
      'approvals plan pl_019a… --strike ap_019a…',
    )
    .option('--strike <step>', 'take this step out', collect)
    .option('--deny', 'refuse the whole plan')
    .action(async (id: string | undefined, options: PlanOptions) => {
      if (id === undefined) {
        await listPlans(context)
        return
      }
      await needSession(context.terminal, 'deciding')
      const { plans } = await context.ambit()
      if (options.deny === true) {
        await plans.deny(id)
        context.reply({ text: 'Denied.', json: { id, state: 'denied' } })
        return
      }
      await decidePlan(context, await plans.get(id), options.strike ?? [])
    })
}

async function listPlans(context: Context): Promise<void> {
  const { plans } = await context.ambit()
  const waiting = await plans.list({ state: 'pending' })
  const entries = waiting.map((plan) =>
    entry(
      [plan.id, `${plan.steps.length} steps`, `until ${timeCell(plan.expires)}`],
      `${cell(plan.agent.title)} says: ${shown(plan.words, 400)}`,
    ),
  )
  const text = entries.length === 0 ? 'No plan waits.' : entries.join('\n\n')
  context.reply({ text, json: { plans: waiting } })
}

async function decidePlan(context: Context, plan: Plan, struck: readonly string[]): Promise<void> {
  const ambit = await context.ambit()
  const { terminal } = context
  const foreign = struck.find((id) => plan.steps.every((step) => step.id !== id))
  if (foreign !== undefined)
    throw new Refusal(`${foreign} is no step of this plan`, 'Name a step by its id, as the plan shows it.')
  terminal.err(planText(terminal, plan, struck))
  if (plan.state !== 'pending')
    throw new Refusal(`this plan is ${plan.state}`, 'The agent must ask again for another decision.')
  const kept = plan.steps.filter(({ id }) => !struck.includes(id))
  if (kept.length === 0) throw new Refusal('no step is left', 'Refuse the whole plan with --deny.')
  needNoPasskey(ambit, kept)
  if (!(await confirmed(context, `Let these ${kept.length} steps happen, each once?`))) {
    context.reply({
      text: 'Left undecided. To refuse it: --deny',
      json: { id: plan.id, state: plan.state },
      exitCode: exitCodes.refused,
    })
    return
  }
  await ambit.plans.approve(plan.id, plan.digest, struck.length === 0 ? {} : { struck })
  context.reply({ text: 'Approved.', json: { id: plan.id, state: 'approved', struck } })
}

function planText(terminal: Context['terminal'], plan: Plan, struck: readonly string[]): string {
  const steps = plan.steps.map((card) => {
    const text = cardEntry(terminal, card)
    return struck.includes(card.id) ? `struck out: ${text}` : text
  })
  const sinks = plan.sinks.map(({ name, text, steps: uses }) =>
    entry([`${cell(name)}: ${shown(text, 200)}`], `${uses.length} step(s)`),
  )
  return [
    facts([
      ['plan', `${plan.id} ${plan.state}`],
      ['agent', `${cell(plan.agent.title)} (${plan.agent.id})`],
      ['until', timeCell(plan.expires)],
    ]),
    `The agent says:\n${wrapped(shown(plan.words, 2000), 2)}`,
    ...steps,
    ...(sinks.length === 0 ? [] : [`Where it goes:\n${sinks.join('\n')}`]),
  ].join('\n\n')
}
