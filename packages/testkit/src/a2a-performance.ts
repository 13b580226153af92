import type { ServerResponse } from 'node:http'
import type { ActEvent, Outcome } from '@ambit/core/act'
import type { Egress, Outbound, Performance } from '@ambit/node/gateway/egress'
import { bareA2aTarget } from './a2a-node.ts'
import { askStraight } from './back.ts'

export type A2aEvent = Exclude<ActEvent, Outcome>
type Result = Omit<Outcome, 'type' | 'startedAt' | 'durationMs'>
type Transport = 'jsonrpc' | 'http+json'

/** The parameters of the message that `a2aOutbound` sends. */
export const helloParams = { message: { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hi' }] } }

/** An act on an agent that nobody described; `change` says what is different about it. */
export function a2aOutbound(url: string, transport: Transport, change: Partial<Outbound> = {}): Outbound {
  const target = bareA2aTarget('raw', url + (transport === 'jsonrpc' ? '/rpc' : '/rest'), transport)
  return {
    act: '0'.repeat(16) + '1'.repeat(16),
    trace: '2'.repeat(32),
    target,
    capability: target.capabilities.get('message')!,
    arguments: helloParams,
    wire: undefined,
    holder: 'did:key:z6MkAda',
    headers: [],
    stream: false,
    operation: undefined,
    reversibility: 3,
    ...change,
  }
}

/** Performs an act to its end; events and the outcome are given as they came. */
export async function performed(
  egress: Egress,
  outbound: Outbound,
  onEvent: (event: A2aEvent, performance: Performance | undefined) => boolean = () => true,
): Promise<{ events: A2aEvent[]; result: Result; outcomes: number }> {
  const events: A2aEvent[] = []
  let outcomes = 0
  let performance: Performance | undefined
  const result = await new Promise<Result>((resolve) => {
    performance = egress.perform(outbound, {
      event(event) {
        events.push(event)
        return onEvent(event, performance)
      },
      ask: askStraight(),
      outcome(outcome) {
        outcomes++
        resolve(outcome)
      },
    })
  })
  return { events, result, outcomes }
}

export const taskIn = (state: string) => ({ id: 't1', contextId: 'c1', status: { state } })

export function answerJson(
  response: ServerResponse,
  value: unknown,
  status = 200,
  type = 'application/json',
): void {
  response
    .writeHead(status, { 'content-type': type })
    .end(typeof value === 'string' ? value : JSON.stringify(value))
}

export function answerEvents(response: ServerResponse, ...texts: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const text of texts) response.write(`data: ${text}\n\n`)
  response.end()
}

export const rpcAnswer = (id: unknown, members: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, ...members })
export const doneTask = { task: taskIn('TASK_STATE_COMPLETED') }
