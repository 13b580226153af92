import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { FoundTool } from '../names/tool-names.ts'
import type { View } from '../names/view.ts'
import { readPlanCall } from '../plans/plan-tool.ts'
import type { PlanCall } from '../plans/plan-tool.ts'
import { innerCall } from './meta-tools.ts'

/** What a `tools/call` asks for. */
export type ToolCall =
  | {
      readonly form: 'call'
      readonly tool: FoundTool
      readonly args: JsonObject
      /** Name or arguments in the message are not the upstream's: it must be written anew before it goes on. */
      readonly rewritten: boolean
    }
  /** The node answers by itself; no act. */
  | { readonly form: 'answer'; readonly result: JsonObject }
  /** A list of what the caller is going to do, or how one stands; no act either. */
  | { readonly form: 'plan'; readonly call: Exclude<PlanCall, { form: 'invalid' }> }
  /** Invalid params, in words for the caller. */
  | { readonly form: 'invalid'; readonly what: string }

/** Names in an answer to a wrong one: enough to see what was meant. */
const suggestionsMax = 20

/**
 * Makes out which tool the params of a `tools/call` mean. `call_tool` is the call of the tool it names, so that it is
 * decided and recorded as that one.
 */
export function readToolCall(view: View, params: JsonObject): ToolCall {
  const { name, arguments: args = {} } = params
  if (typeof name !== 'string' || !isObject(args)) {
    return { form: 'invalid', what: '`params.name` is a string and `params.arguments` an object' }
  }
  if (name === view.catalogue.plan?.name) return planned(view, name, args)
  const meta = view.catalogue.meta?.named(name)
  if (meta === undefined) return called(view, name, args, false)
  if (meta !== 'call') return { form: 'answer', result: view.catalogue.meta!.answer(meta, args) }
  const inner = innerCall(args)
  return inner === undefined
    ? { form: 'invalid', what: '`arguments.name` names a tool, and `arguments.arguments` is an object' }
    : called(view, inner.name, inner.args, true)
}

/** Each step is read as the call that it says it will be. */
function planned(view: View, own: string, given: JsonObject): ToolCall {
  const call = readPlanCall(given, (name, args) => {
    if (name === own) return { what: 'a list holds no lists' }
    const read = readToolCall(view, { name, arguments: args })
    if (read.form === 'call') return { tool: read.tool, args: read.args }
    return { what: read.form === 'invalid' ? read.what : 'that tool needs nobody, so just call it' }
  })
  return call.form === 'invalid' ? call : { form: 'plan', call }
}

function called(view: View, name: string, args: JsonObject, inner: boolean): ToolCall {
  const tool = view.find(name)
  return tool === undefined
    ? { form: 'invalid', what: noSuchTool(view) }
    : { form: 'call', tool, args, rewritten: inner || tool.renamed }
}

/** The params as the upstream knows them, for a call that is rewritten. */
export function upstreamParams(params: JsonObject, call: Extract<ToolCall, { form: 'call' }>): JsonObject {
  return { ...params, name: call.tool.capability.id, arguments: call.args }
}

function noSuchTool(view: View): string {
  const { tools, catalogue, missing } = view
  const names = catalogue.listed.slice(0, suggestionsMax).map((tool) => tool.name)
  const known =
    tools.length === 0
      ? missing.map((reason) => reason.what).join(' ')
      : names.length === 0
        ? 'search for it by what it does'
        : `there are: ${names.join(', ')}`
  return `no such tool under this mandate; ${known}`
}
