import type { ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { a2aError } from '@ambit/core/wire/a2a/error'
import { operations } from '@ambit/core/wire/a2a/method'
import { a2aVersion, wireProtocol } from '@ambit/core/wire/a2a/version'
import type { Holder } from '../../authority/authority.ts'
import type { Target, TargetCapability } from '../../registry/target.ts'
import type { ActHandle, Gateway, Intake } from '../gateway.ts'
import { taskNotFound } from './approval-desk.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import { isApprovalTask } from './approval-task.ts'
import type { Call } from './call.ts'
import { CallSink } from './call-sink.ts'
import { capabilityOf, isCarried, messageCapability, streams } from './capability.ts'
import { noEntryError } from './refusal.ts'
import type { Reply } from './reply.ts'
import type { TaskOwners } from './task-owners.ts'

export interface IngressParts {
  readonly gateway: Gateway
  readonly owners: TaskOwners
  readonly desk: ApprovalDesk
}

/** One readable request of an authenticated caller. */
export interface Submission {
  readonly call: Call
  readonly holder: Holder
  /** Undefined when no A2A agent of this node has the name. */
  readonly target: Target | undefined
  readonly trace: string | undefined
  /** The header A2A-Extensions. */
  readonly extensions: string | undefined
  readonly response: ServerResponse
  readonly reply: Reply
}

/**
 * Takes a call to the gateway, unless it is about a task that is not the caller's, or about one that stands for an
 * act which waits for a person: those are answered here. A call that names no task goes on without a pause.
 */
export async function submitCall(parts: IngressParts, submission: Submission): Promise<void> {
  const { call, holder, target, reply, response } = submission
  if (target === undefined) {
    reply.error(noEntryError(holder))
    return
  }
  const capability = target.capabilities.get(capabilityOf(call.method) ?? '')
  if (capability === undefined || !isSupported(call, target)) {
    reply.error(canSee(parts, holder, target) ? unsupported(call) : noEntryError(holder))
    return
  }
  const tasks = call.reading.taskIds
  if (tasks.length > 0) {
    const owned = await parts.owners.owned(holder, target.id, tasks)
    const others = tasks.filter((id) => !owned.has(id))
    // An agent that is itself behind an Ambit node has tasks of that form too; those have an owner here.
    if (others.some((id) => isApprovalTask(id))) {
      if (capability.id === messageCapability) reply.error(waiting())
      else await parts.desk.answer(call, holder, target.id, reply, (run) => response.on('close', run))
      return
    }
    if (others.length > 0) {
      reply.error(canSee(parts, holder, target) ? taskNotFound() : noEntryError(holder))
      return
    }
  }
  submitToGateway(parts, submission, target, capability)
}

function submitToGateway(
  parts: IngressParts,
  submission: Submission,
  target: Target,
  capability: TargetCapability,
): void {
  const { call, holder, response, reply } = submission
  if (response.destroyed) return
  let handle: ActHandle | undefined
  const sink = new CallSink(parts, { call, holder, target, reply })
  // The handle is there before a full buffer can have drained: draining takes a turn of the event loop.
  if (operations[call.method].streams) response.on('drain', () => handle?.resume())
  response.on('close', () => {
    if (!response.writableFinished) handle?.cancel('the caller went away')
  })
  try {
    handle = parts.gateway.submit(intakeOf(submission, target, capability), sink)
  } catch (error) {
    sink.failed(Fault.from(error))
  }
}

function intakeOf(submission: Submission, target: Target, capability: TargetCapability): Intake {
  const { call, holder, trace, extensions } = submission
  return {
    holder,
    target,
    capability,
    arguments: call.params,
    argumentsText: call.paramsText,
    protocolIn: `a2a/${a2aVersion}`,
    wire: {
      protocol: wireProtocol(call.binding),
      message: call.message,
      bytes: call.bytes,
      forward: call.forward,
      ...(extensions === undefined ? {} : { headers: ['A2A-Extensions', extensions] }),
    },
    stream: operations[call.method].streams,
    trace,
    parent: undefined,
    place: undefined,
  }
}

function isSupported(call: Call, target: Target): boolean {
  return !operations[call.method].streams || streams(target)
}

function canSee(parts: IngressParts, holder: Holder, target: Target): boolean {
  return parts.gateway.visible(holder, 'a2a').some((visible) => visible.target.id === target.id)
}

function unsupported(call: Call): ReturnType<typeof a2aError> {
  if (isCarried(call.method)) {
    return a2aError('UNSUPPORTED_OPERATION', `this agent's card does not offer \`${call.method}\``)
  }
  return call.method === 'GetExtendedAgentCard'
    ? a2aError('UNSUPPORTED_OPERATION', 'this node serves no extended card')
    : a2aError('PUSH_NOTIFICATION_NOT_SUPPORTED', 'this node does not pass on push notifications')
}

/** What a client sends back in its protocol is never an approval. */
function waiting(): ReturnType<typeof a2aError> {
  return a2aError(
    'UNSUPPORTED_OPERATION',
    'that task waits for a person; a message does not decide about it. Ask for the task to see where it is decided, ' +
      "and once it is done go on with the agent's own task",
  )
}
