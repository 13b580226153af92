import { createHmac } from 'node:crypto'
import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { lastingLinks } from '@ambit/core/mandate-chain'
import type { Keyring } from '../kernel/keyring.ts'
import type { Suspended } from './suspended.ts'

/**
 * What an approval binds: who acts, on what exact version and definition, with which arguments, under which lasting
 * mandates (leaves come and go while a person thinks). Keyed, so that a copy of the store does not let anyone try out
 * what the arguments were. Throws `input.invalid` for arguments that have no canonical form.
 */
export function actionKey(keyring: Keyring, suspended: Suspended): string {
  const { holder, target, definition, capability, links } = suspended
  const action = {
    holder,
    target,
    definition,
    capability,
    arguments: suspended.arguments ?? null,
    links: lastingLinks(links),
    ...(suspended.delegate === undefined ? {} : { delegate: suspended.delegate }),
    // What only its person may do is never the same as what they are merely asked about.
    ...(suspended.draft === true ? { draft: true } : {}),
    // Nor is what is performed elsewhere the same as what is performed here.
    ...(suspended.check === undefined ? {} : { check: suspended.check }),
  }
  return createHmac('sha256', keyring.derive('approval.action')).update(canonical(action)).digest('hex')
}

function canonical(value: unknown): string {
  try {
    return canonicalJson(value)
  } catch (error) {
    // A lone surrogate, or nesting deeper than the stack: nothing a person could be shown and asked about.
    throw new Fault('input.invalid', {
      detail: 'the arguments cannot be written in canonical form, so they cannot be approved',
      where: 'arguments',
      cause: error,
    })
  }
}
