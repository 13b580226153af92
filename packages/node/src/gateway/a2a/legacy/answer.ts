import { Fault } from '@ambit/core/fault'
import { answerTo10, eventTo10 } from '@ambit/core/wire/a2a/v03/answer'
import { cardTo10 } from '@ambit/core/wire/a2a/v03/card'
import { readRestError03 } from '@ambit/core/wire/a2a/v03/error'
import { isObject } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { Untranslatable } from '@ambit/core/wire/a2a/v03/form'
import type { Form } from '@ambit/core/wire/a2a/v03/form'
import type { Said } from '../upstream-answer.ts'
import type { Plan } from '../upstream-request.ts'
import { keepOriginal } from './originals.ts'

/** What an agent of 0.3 said, in the terms of 1.0. Throws `upstream.invalid`. */
export function said10(plan: Plan, said: Said): Said {
  if (said.type === 'error') return said
  const value = translated(plan, said.value)
  keepOriginal(value, said.value)
  return { type: 'result', value, json: JSON.stringify(value) }
}

/** The error of an agent of 0.3 over HTTP+JSON, which stands bare in the body. */
export function restError03(members: Json): Extract<Said, { type: 'error' }> | undefined {
  const error = readRestError03(members)
  if (error === undefined) return undefined
  const { code, message, details } = error
  return { type: 'error', error, value: { error: { code, message, data: details } } }
}

function translated(plan: Plan, value: unknown): unknown {
  const form: Form = plan.binding === 'JSONRPC' ? 'kind' : 'proto'
  try {
    if (plan.streams) return eventTo10(value, form)
    if (plan.method === 'GetExtendedAgentCard') return isObject(value) ? cardTo10(value) : value
    return answerTo10(plan.method, value, form)
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    throw new Fault('upstream.invalid', {
      detail: `its answer is not of A2A 0.3: ${error.message}`,
      cause: error,
    })
  }
}
