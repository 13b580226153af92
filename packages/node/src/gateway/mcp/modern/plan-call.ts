import { Fault } from '@ambit/core/fault'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import { methods } from '@ambit/core/wire/mcp/methods'
import type { Planning } from '../../planning.ts'
import { answerPlan } from '../plans/plan-desk.ts'
import type { PlanVisit } from '../plans/plan-desk.ts'
import { planQuestion } from '../plans/plan-result.ts'
import type { ModernAnswer } from './answer.ts'
import { opensAddresses } from './client.ts'

/** Begins the `requestState` of a list that waits for a person; what comes after it is the list's id. */
export const planState = 'ambit-plan:'

/**
 * Answers a call of the plan tool. A client that opens addresses is asked to open that of the list; when it comes back
 * it hears how the list stands. What it says of the address counts for nothing.
 */
export function takePlan(
  planning: Planning,
  answer: ModernAnswer,
  params: JsonObject,
  visit: PlanVisit,
): void {
  tellPlan(planning, answer, params, visit).catch((error: unknown) => answer.fault(Fault.from(error)))
}

async function tellPlan(...[planning, answer, params, visit]: Parameters<typeof takePlan>): Promise<void> {
  const { result, asks } = await answerPlan(planning, visit)
  if (asks === undefined || !opensAddresses(params)) {
    answer.result(result)
    return
  }
  const { id, url } = asks
  const question = {
    method: methods.elicitationCreate,
    params: { mode: 'url', message: `${planQuestion} ${url}`, url },
  }
  answer.result({
    resultType: 'input_required',
    inputRequests: { 'ambit-plan': question },
    requestState: `${planState}${id}`,
  })
}
