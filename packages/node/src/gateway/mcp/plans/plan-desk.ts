import type { JsonObject } from '@ambit/core/wire/mcp/message'
import type { Holder } from '../../../authority/authority.ts'
import type { Planning } from '../../planning.ts'
import { handedResult, noPlanResult, statusResult } from './plan-result.ts'
import type { PlanCall } from './plan-tool.ts'

export interface PlanVisit {
  readonly holder: Holder
  readonly call: Exclude<PlanCall, { form: 'invalid' }>
  /** `mcp/2026-07-28` */
  readonly protocolIn: string
  readonly trace: string | undefined
}

export interface PlanReply {
  readonly result: JsonObject
  /** The list that a person has to decide about now, and where; left out: nobody has to. */
  readonly asks?: { readonly id: string; readonly url: string }
}

/** Answers a call of the plan tool. Rejects with a Fault as `Planning.hand` does. */
export async function answerPlan(
  planning: Planning,
  { holder, call, protocolIn, trace }: PlanVisit,
): Promise<PlanReply> {
  if (call.form === 'status') {
    const list = await planning.status(call.plan, holder)
    return { result: list === undefined ? noPlanResult() : statusResult(list, planning.url(list.id)) }
  }
  const calls = call.steps.map(({ tool: { target, capability }, args }) => ({
    target,
    capability,
    arguments: args,
  }))
  const answer = await planning.hand({ holder, words: call.words, calls, protocolIn, trace })
  const { list, steps } = answer
  const url = list === undefined ? undefined : planning.url(list.id)
  const names = call.steps.map(({ name }) => name)
  const result = handedResult(answer, names, url)
  // What is otherwise with some steps the agent should hear before anybody is sent somewhere.
  const asks = steps.every(({ verdict }) => verdict === 'listed')
  return list === undefined || url === undefined || !asks
    ? { result }
    : { result, asks: { id: list.id, url } }
}
