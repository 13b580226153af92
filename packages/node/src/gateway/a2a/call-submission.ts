import { Fault } from '@ambit/core/fault'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { A2aError } from '@ambit/core/wire/a2a/error'
import { objectOf } from '@ambit/core/wire/a2a/json'
import { operations } from '@ambit/core/wire/a2a/method'
import type { PushConfig } from '@ambit/core/wire/a2a/push'
import { extensionsHeader, wireProtocol } from '@ambit/core/wire/a2a/version'
import { delegationKey, readDelegation } from '@ambit/core/wire/delegation'
import type { DelegationWish } from '@ambit/core/wire/delegation'
import type { ReceiptWish } from '@ambit/core/wire/receipt-wish'
import type { Holder } from '../../authority/authority.ts'
import type { Target, TargetCapability } from '../../registry/target.ts'
import type { ActHandle, Gateway, Included, Intake } from '../gateway.ts'
import type { Planning } from '../planning.ts'
import { taskNotFound } from './approval-desk.ts'
import type { ApprovalDesk } from './approval-desk.ts'
import { approvalIdOf, isApprovalTask } from './approval-task.ts'
import type { Call } from './call.ts'
import type { CardDesk } from './cards/card-desk.ts'
import { CallSink } from './call-sink.ts'
import { capabilityOf, isView, messageCapability, pushes, pushSetCapability, streams } from './capability.ts'
import type { Detachments } from './detachment.ts'
import type { Callbacks } from './push/callbacks.ts'
import { inlineConfig, withCallback } from './push/config-arguments.ts'
import type { CallbackRow } from './push/push-store.ts'
import { missingExtension } from './extensions.ts'
import { faultError, noEntryError } from './refusal.ts'
import { metadataMember, withoutMetadata } from './metadata-member.ts'
import { plannedMessage } from './planned-message.ts'
import { isPlan, submitPlan } from './plan-submission.ts'
import { wishOf, withoutWish } from './receipt-metadata.ts'
import type { Reply } from './reply.ts'
import type { TaskOwners } from './task-owners.ts'

export interface IngressParts {
  readonly gateway: Gateway
  readonly owners: TaskOwners
  readonly desk: ApprovalDesk
  readonly cards: Pick<CardDesk, 'extended'>
  readonly detachments: Detachments
  /** Left out: no agent is asked for push notifications. */
  readonly callbacks: Pick<Callbacks, 'prepare' | 'drop'> | undefined
  /** Undefined: no lists of messages are taken. */
  readonly planning?: Planning | undefined
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
  /** The header Ambit-Receipt. */
  readonly receipt: string | undefined
  /** What else the call asks for. */
  readonly includes?: readonly Included[]
  readonly response: CallerConnection
  readonly reply: Reply
}

/** The way back to the caller: a response of node:http, and what is like one in gRPC. */
export interface CallerConnection {
  readonly destroyed: boolean
  readonly writableFinished: boolean
  on(event: 'drain' | 'close', run: () => void): unknown
}

/**
 * Takes a call to the gateway, unless it is about a task or a conversation that is not the caller's, or about a task
 * that stands for an act which waits for a person: those are answered here. A call that names neither goes on without
 * a pause.
 */
export async function submitCall(parts: IngressParts, sent: Submission): Promise<void> {
  const { holder, target, reply } = sent
  const read = wishOf(sent.call.params, sent.receipt)
  if (!read.ok) {
    reply.error(a2aError('INVALID_PARAMS', read.reason))
    return
  }
  const handed = readDelegation(metadataMember(sent.call.params, delegationKey))
  if (!handed.ok) {
    reply.error(a2aError('INVALID_PARAMS', handed.reason))
    return
  }
  const wishes = { wish: read.wish, delegate: handed.wish }
  const submission: WishingSubmission =
    read.wish === undefined && handed.wish === undefined ? sent : wishing(sent, wishes)
  const { call } = submission
  if (target === undefined) {
    reply.error(noEntryError(holder))
    return
  }
  const capability = target.capabilities.get(capabilityOf(call.method))
  if (capability === undefined || !isSupported(call, target)) {
    reply.error(canSee(parts, holder, target) ? unsupported(call) : noEntryError(holder))
    return
  }
  if (parts.planning !== undefined && isPlan(call)) {
    await submitPlan({ ...parts, planning: parts.planning }, { ...submission, target })
    return
  }
  const missing = missingExtension(target, submission.extensions)
  if (missing !== undefined) {
    reply.error(canSee(parts, holder, target) ? missing : noEntryError(holder))
    return
  }
  const { taskIds, contextId, push } = call.reading
  if (taskIds.length > 0 && !(await mayTouch(parts, submission, target, capability))) return
  if (contextId !== undefined && capability.id === messageCapability) {
    if (!(await parts.owners.converses(holder, target.id, contextId))) {
      reply.error(canSee(parts, holder, target) ? contextNotFound() : noEntryError(holder))
      return
    }
  }
  if (push === undefined) submitToGateway(parts, submission, target, capability)
  else await submitWithPush(parts, submission, target, capability, push)
}

interface Wishes {
  readonly wish: ReceiptWish | undefined
  readonly delegate: DelegationWish | undefined
}

/** A submission whose call holds no wish any more. */
interface WishingSubmission extends Submission, Partial<Wishes> {}

function wishing(submission: Submission, wishes: Wishes): WishingSubmission {
  const { call } = submission
  const params = withoutMetadata(withoutWish(call.params), delegationKey)
  if (params === call.params) return { ...submission, ...wishes }
  // The bytes hold the wish, so the message is made anew.
  const rewritten: Call = { ...call, params, paramsText: JSON.stringify(params), forward: false }
  return { ...submission, call: rewritten, ...wishes }
}

/** Whether the tasks that a call names are the caller's. Where not, it is answered here. */
async function mayTouch(
  parts: IngressParts,
  submission: Submission,
  target: Target,
  capability: TargetCapability,
): Promise<boolean> {
  const { call, holder, reply, response } = submission
  const tasks = call.reading.taskIds
  const owned = await parts.owners.owned(holder, target.id, tasks)
  const others = tasks.filter((id) => !owned.has(id))
  if (others.length === 0) return true
  // An agent that is itself behind an Ambit node has tasks of that form too; those have an owner here.
  if (!others.some((id) => isApprovalTask(id)))
    reply.error(canSee(parts, holder, target) ? taskNotFound() : noEntryError(holder))
  else if (capability.id === messageCapability) refuseClaim(parts, submission, target, capability)
  else if (call.reading.push !== undefined || capability.id.startsWith('task.push.')) reply.error(noPushYet())
  else await parts.desk.answer(call, holder, target.id, reply, (run) => response.on('close', run))
  return false
}

/** A message to a task that waits for a person is refused and recorded: what a client says is never an approval. */
function refuseClaim(
  { gateway }: IngressParts,
  submission: Submission,
  target: Target,
  capability: TargetCapability,
): void {
  const { call, reply } = submission
  const claim = approvalIdOf(call.reading.taskIds.find((id) => isApprovalTask(id)) ?? '')
  const told = () => reply.error(waiting())
  gateway.submit(
    { ...intakeOf(submission, target, capability), claim },
    {
      event: () => true,
      outcome: told,
      asked: told,
      refused: told,
      failed: (fault) => reply.error(faultError(fault)),
    },
  )
}

/**
 * The client's configuration is kept here and goes no further: in the act it is decided by its address, and the rest
 * of it is named by the callback that the agent will get in its place (push/callback-egress.ts).
 */
async function submitWithPush(
  parts: IngressParts,
  submission: WishingSubmission,
  target: Target,
  capability: TargetCapability,
  push: PushConfig,
): Promise<void> {
  const { call, holder, reply } = submission
  const { callbacks } = parts
  const setting = target.capabilities.get(pushSetCapability)
  if (callbacks === undefined || !pushes(target) || setting === undefined) {
    reply.error(canSee(parts, holder, target) ? unsupportedPush() : noEntryError(holder))
    return
  }
  if (!canSee(parts, holder, target, pushSetCapability)) {
    reply.error(noEntryError(holder))
    return
  }
  const message = call.params['message'] as { readonly taskId?: unknown } | undefined
  const continued = typeof message?.taskId === 'string' && message.taskId !== '' ? message.taskId : undefined
  const inline = capability.id === messageCapability
  const taskId = inline ? continued : push.taskId
  let callback: CallbackRow
  try {
    callback = await callbacks.prepare(holder, target.id, { ...push, taskId }, call.version)
  } catch (error) {
    reply.error(configError(Fault.from(error)))
    return
  }
  const params = withCallback(call.params, inline, callback)
  const kept: WishingSubmission = {
    ...submission,
    call: { ...call, params, paramsText: JSON.stringify(params) },
    // A configuration in a message is decided as one that is set up by itself: for the task that the message is about.
    ...(inline
      ? { includes: [{ capability: setting, arguments: { ...objectOf(inlineConfig(params)), taskId } }] }
      : {}),
  }
  submitToGateway(parts, kept, target, capability, () => callbacks.drop(callback.id))
}

function submitToGateway(
  parts: IngressParts,
  submission: WishingSubmission,
  target: Target,
  capability: TargetCapability,
  unsent?: () => void,
): void {
  const { call, holder, response, reply, wish } = submission
  if (response.destroyed) {
    unsent?.()
    return
  }
  let handle: ActHandle | undefined
  const sink = new CallSink(parts, {
    call,
    holder,
    target,
    reply,
    ...(unsent === undefined ? {} : { unsent }),
    wish,
  })
  // The handle is there before a full buffer can have drained: draining takes a turn of the event loop.
  if (operations[call.method].streams) response.on('drain', () => handle?.resume())
  response.on('close', () => {
    if (response.writableFinished || sink.over || handle === undefined) return
    if (isView(capability.id)) handle.cancel('the caller went away')
    else sink.detach(parts.detachments.take(handle, holder))
  })
  try {
    handle = parts.gateway.submit(intakeOf(submission, target, capability), sink)
    sink.act = handle.id
  } catch (error) {
    sink.failed(Fault.from(error))
  }
}

function intakeOf(submission: WishingSubmission, target: Target, capability: TargetCapability): Intake {
  const { call, holder, trace, extensions, includes, wish, delegate } = submission
  return {
    holder,
    target,
    capability,
    arguments: call.params,
    ...(includes === undefined ? {} : { includes }),
    argumentsText: call.paramsText,
    asPlanned: capability.id === messageCapability ? plannedMessage : undefined,
    protocolIn: `a2a/${call.version}`,
    wire: {
      protocol: wireProtocol(call.binding, call.version),
      message: call.message,
      bytes: call.bytes,
      forward: call.forward,
      ...(extensions === undefined ? {} : { headers: [extensionsHeader, extensions] }),
    },
    stream: operations[call.method].streams,
    trace,
    parent: undefined,
    place: undefined,
    receipt: wish,
    delegate,
  }
}

function isSupported(call: Call, target: Target): boolean {
  return !operations[call.method].streams || streams(target)
}

function canSee(parts: IngressParts, holder: Holder, target: Target, capability?: string): boolean {
  return parts.gateway
    .visible(holder, 'a2a')
    .some(
      (visible) =>
        visible.target.id === target.id &&
        (capability === undefined || visible.capabilities.some(({ id }) => id === capability)),
    )
}

function unsupported(call: Call): A2aError {
  if (call.method.includes('PushNotification')) return unsupportedPush()
  return a2aError('UNSUPPORTED_OPERATION', `this agent's card does not offer \`${call.method}\``)
}

function unsupportedPush(): A2aError {
  return a2aError(
    'PUSH_NOTIFICATION_NOT_SUPPORTED',
    "push notifications are not supported by this agent's card; stream, subscribe or ask for the task instead",
  )
}

function noPushYet(): A2aError {
  return a2aError(
    'UNSUPPORTED_OPERATION',
    'that task waits for a person; push notifications can be set up once the agent has it',
  )
}

function contextNotFound(): A2aError {
  return a2aError('TASK_NOT_FOUND', 'there is no such conversation, or it is not yours')
}

/** What is wrong with a configuration is the client's to mend, so it is told in the protocol's own word. */
function configError(fault: Fault): A2aError {
  if (fault.code !== 'address.refused' && fault.code !== 'input.invalid') return faultError(fault)
  return a2aError('INVALID_PARAMS', `\`url\`: ${fault.detail}`, { code: fault.code })
}

/** What a client sends back in its protocol is never an approval. */
function waiting(): A2aError {
  return a2aError(
    'UNSUPPORTED_OPERATION',
    'that task waits for a person; a message does not decide about it. Ask for the task to see where it is decided, ' +
      "and once it is done go on with the agent's own task",
  )
}
