import type { Digest } from '@ambit/core/digest'
import type { Caller } from '../kernel/route.ts'
import { editable } from './card.ts'
import { namedArguments, roleOf } from './card-arguments.ts'
import { assertOwn, decidable, decidedFault } from './decision.ts'
import { refusedEdit } from './edit.ts'
import type { ApprovalParts } from './parts.ts'

export interface EditForm {
  /** Of the card that it belongs to. */
  readonly digest: Digest
  /** Every value that can be changed, whole, as the agent wrote it: data of a third party. */
  readonly values: Readonly<Record<string, unknown>>
  /** Names of arguments that hold secrets: they can be replaced, and are not shown. */
  readonly secrets: readonly string[]
  /** JSON Schema of the arguments, as the target declares it: data of a third party. */
  readonly schema?: Readonly<Record<string, unknown>>
}

/**
 * What a form needs that changes values: a card cuts them and makes them visible, which is not what is changed.
 * For the person whose act it is, signed in. Throws as `edit`.
 */
export async function editForm(parts: ApprovalParts, caller: Caller, id: string): Promise<EditForm> {
  const row = await decidable(parts, caller, id)
  assertOwn(caller, row)
  if (row.state !== 'pending') throw decidedFault(row)
  const suspended = await parts.safe.suspended(id)
  if (suspended === undefined || row.mode === 'step' || !editable(suspended)) {
    throw refusedEdit('this card has no values that can be changed')
  }
  const named = Object.entries(namedArguments(suspended.arguments) ?? {})
  const isSecret = (name: string) => roleOf(suspended, name) === 'secret'
  const served = parts.capabilityOf?.(suspended.target, suspended.capability)?.served['inputSchema']
  const schema = namedArguments(served)
  return {
    digest: row.card,
    values: Object.fromEntries(named.filter(([name]) => !isSecret(name))),
    secrets: named.map(([name]) => name).filter(isSecret),
    ...(schema === undefined ? {} : { schema }),
  }
}
