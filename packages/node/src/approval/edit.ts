import { canonicalJson } from '@ambit/core/canonical'
import type { Obligation } from '@ambit/core/decision'
import { Fault } from '@ambit/core/fault'
import type { Caller } from '../kernel/route.ts'
import { actionKey } from './action.ts'
import type { ApprovalRow } from './approval-store.ts'
import { cardOf } from './asking.ts'
import { editable } from './card.ts'
import { namedArguments } from './card-arguments.ts'
import { assertOwn, counted, decidedFault, seen } from './decision.ts'
import type { ApprovalParts } from './parts.ts'
import { schemaProblem } from './schema-check.ts'
import type { Suspended } from './suspended.ts'

export interface Edit {
  /** Of the card that the person saw. */
  readonly digest: string
  /** New values by the name of the argument; only what stands on the card can be changed. */
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Puts a person's values in place of the agent's: the approval is then of another card, bound to those, which has to
 * be approved like any. They are checked against the capability's schema and judged first.
 * Only the person whose act it is does so. Throws as `approve`, and `approval.edit`.
 */
export async function edit(
  parts: ApprovalParts,
  caller: Caller,
  id: string,
  wanted: Edit,
): Promise<ApprovalRow> {
  return await counted(
    parts,
    caller,
    id,
    async () =>
      await parts.decisions.take(id, async () => {
        const row = await seen(parts, caller, id, wanted.digest)
        assertOwn(caller, row)
        if (row.state !== 'pending') throw decidedFault(row)
        const suspended = await parts.safe.suspended(id)
        if (suspended === undefined || row.mode === 'step' || !editable(suspended)) {
          throw refusedEdit('this card has no values that can be changed')
        }
        return await replace(parts, caller, row, await judged(parts, changedBy(suspended, wanted.values)))
      }),
  )
}

async function replace(
  parts: ApprovalParts,
  caller: Caller,
  row: ApprovalRow,
  edited: Suspended,
): Promise<ApprovalRow> {
  // The row keeps the action that the agent asked for, so that its next call finds this approval.
  const { card, digest } = await cardOf(parts, edited, row, actionKey(parts.keyring, edited))
  const change = {
    card: digest,
    obligations: (edited.obligations ?? []).join(','),
    agreed_by: null,
    agreed_signature: null,
  }
  await parts.leaf({ ...row, card: digest }, 'asked', caller.person)
  const body = parts.safe.seal(row.id, edited, card)
  const onlyIf = { liveAt: parts.clock.now(), card: row.card, body }
  if (!(await parts.store.move(row.id, ['pending'], change, onlyIf))) {
    throw decidedFault((await parts.store.find(row.id)) ?? row)
  }
  parts.announce(row, 'asked')
  return { ...row, ...change }
}

function changedBy(suspended: Suspended, values: Edit['values']): Suspended {
  const named = namedArguments(suspended.arguments) ?? {}
  const names = Object.keys(values)
  const unknown = names.find((name) => !Object.hasOwn(named, name))
  if (names.length === 0 || unknown !== undefined) {
    throw refusedEdit(
      unknown === undefined ? 'no value was given' : 'there is no such value on the card',
      unknown,
    )
  }
  const changed = names.filter((name) => textOf(values[name]) !== textOf(named[name]))
  const entries = Object.entries(named).map(
    ([name, value]) => [name, Object.hasOwn(values, name) ? values[name] : value] as const,
  )
  return {
    ...suspended,
    arguments: Object.fromEntries(entries),
    changed: [...new Set([...(suspended.changed ?? []), ...changed])],
  }
}

function textOf(value: unknown): string {
  try {
    return canonicalJson(value)
  } catch (error) {
    throw new Fault('approval.edit', {
      detail: 'a value cannot be written as JSON',
      where: 'values',
      cause: error,
    })
  }
}

/** The act as it would be decided with the new values; an edit never makes it owe less. */
async function judged(parts: ApprovalParts, edited: Suspended): Promise<Suspended> {
  const capability = parts.capabilityOf?.(edited.target, edited.capability)
  if (capability === undefined || capability.definition !== edited.definition) {
    throw refusedEdit('what would be called has changed, or is gone')
  }
  const problem = schemaProblem(capability.served['inputSchema'], edited.arguments)
  if (problem !== undefined) throw refusedEdit(`the capability does not take this: ${problem}`)
  const decision = await parts.judge?.(edited)
  if (decision === undefined) throw refusedEdit('it cannot be judged with other values')
  const mayDraft = edited.draft === true && decision.reasons.every(({ code }) => code === 'user.only')
  if (decision.class === 'refuse' && !mayDraft) {
    const [reason] = decision.reasons
    throw refusedEdit(`with these values it is refused: ${reason?.what ?? ''} [${reason?.code ?? ''}]`)
  }
  const before: readonly Obligation[] = edited.obligations ?? []
  return { ...edited, obligations: [...new Set([...before, ...decision.obligations.filter(binding)])] }
}

/** Obligations of whoever approves; the others are the node's own. */
export function binding(obligation: Obligation): boolean {
  return obligation === 'step-up' || obligation === 'second-person'
}

export function refusedEdit(detail: string, where = 'values'): Fault {
  return new Fault('approval.edit', { detail, where })
}
