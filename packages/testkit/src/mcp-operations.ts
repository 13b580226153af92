import type { Outcome } from '@ambit/core/act'
import type { Reason } from '@ambit/core/decision'
import { operations as table } from '@ambit/core/wire/mcp/operation'
import type { Clock } from '@ambit/node/kernel/clock'
import { createKeyring } from '@ambit/node/kernel/keyring'
import type { Target } from '@ambit/node/registry/target'
import type { Intake, IngressSink } from '@ambit/node/gateway/gateway'
import { aCapability, aHolder, aSink, aTarget } from '@ambit/node/gateway/path-fixture'
import { createViews } from '@ambit/node/gateway/mcp/names/views'
import { createOperations } from '@ambit/node/gateway/mcp/operations/operations'

const parts = [...new Set(Object.values(table).map((operation) => operation.capability))]

function server(slug: string, state: Target['state'] = 'active'): Target {
  const capabilities = new Map(parts.map((id) => [id, { ...aCapability(), id, served: { name: id } }]))
  return { ...aTarget(), id: slug, slug, state, capabilities }
}

export type Answer = (intake: Intake, sink: IngressSink) => void

/** An answer that is complete at once. */
export const result =
  (value: Record<string, unknown>): Answer =>
  (_intake, sink) =>
    sink.outcome({ type: 'outcome', status: 'completed', value, startedAt: 0, durationMs: 0 }, 'act')

/** What results hold that these tests look at. */
export interface Heard {
  readonly prompts: readonly { readonly name: string }[]
  readonly resourceTemplates: readonly { readonly uriTemplate: string }[]
  readonly messages: readonly { readonly content: { uri?: string; resource?: { uri: string } } }[]
  readonly nextCursor?: string
  readonly error: { readonly code: number; readonly data?: unknown }
  readonly _meta: { readonly 'ambit/left-out': readonly Reason[] }
}

/** Operations of a holder over servers that answer as the test says. */
export function operationsOver(clock: Clock, answers: Readonly<Record<string, Answer>>) {
  const targets = Object.keys(answers).map((each) => server(each))
  const views = createViews({
    visible: () => targets.map((target) => ({ target, capabilities: [...target.capabilities.values()] })),
    targets: () => targets,
    revision: () => 1,
    toolsListedMax: 64,
  })
  const intakes: Intake[] = []
  const cancelled: string[] = []
  const operations = createOperations({
    clock,
    keyring: createKeyring(Buffer.alloc(32, 1), clock),
    gateway: {
      submit(intake, sink) {
        intakes.push(intake)
        const { slug: called } = intake.target
        answers[called]?.(intake, sink)
        function cancel(): void {
          cancelled.push(called)
          const error = { code: 'act.cancelled', detail: 'cancelled' }
          sink.outcome({ type: 'outcome', status: 'cancelled', error, startedAt: 0, durationMs: 0 }, 'act')
        }
        return { id: 'act', cancel, resume: () => undefined }
      },
    },
  })
  const holder = aHolder()
  function ask(method: string, params: Record<string, unknown> = {}, protocolIn = 'mcp/2026-07-28') {
    const sink = aSink()
    const message = { jsonrpc: '2.0', id: 7, method, params }
    const wire = {
      protocol: protocolIn,
      message,
      bytes: Buffer.from(JSON.stringify(message)),
      forward: protocolIn === 'mcp/2026-07-28',
    }
    const view = views.at(holder)!
    const handle = operations.submit(
      { holder, view, method, params, protocolIn, wire, stream: false, trace: undefined },
      sink,
    )
    return { handle, heard: sink.heard, value: () => (sink.heard[0] as Outcome).value as Heard }
  }
  return { ask, intakes, cancelled }
}
