import { isTerminal } from '../task.ts'
import type { Json } from '../json.ts'
import { camelMembers, isGiven, listAt, objectAt, without } from './form.ts'
import type { Form } from './form.ts'
import { artifactFrom10, artifactTo10, messageFrom10, messageTo10 } from './message.ts'

/** The states of 1.0 by their names in 0.3. */
const states: Readonly<Record<string, string>> = {
  submitted: 'TASK_STATE_SUBMITTED',
  working: 'TASK_STATE_WORKING',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
  canceled: 'TASK_STATE_CANCELED',
  'input-required': 'TASK_STATE_INPUT_REQUIRED',
  rejected: 'TASK_STATE_REJECTED',
  'auth-required': 'TASK_STATE_AUTH_REQUIRED',
  unknown: 'TASK_STATE_UNSPECIFIED',
}
const kindStates: ReadonlyMap<unknown, string> = new Map(
  Object.entries(states).map(([kind, state]) => [state, kind]),
)

/** A state that is none of the protocol's stays the word it was. */
function stateTo10(state: unknown): unknown {
  if (typeof state !== 'string') return state
  // The proto of 0.3 spells this one with two l.
  if (state === 'TASK_STATE_CANCELLED') return 'TASK_STATE_CANCELED'
  return Object.hasOwn(states, state) ? states[state] : state
}

function stateFrom10(state: unknown, form: Form): unknown {
  if (form === 'kind') return kindStates.get(state ?? 'TASK_STATE_UNSPECIFIED') ?? state
  return state === 'TASK_STATE_CANCELED' ? 'TASK_STATE_CANCELLED' : state
}

function statusTo10(value: unknown, form: Form): Json {
  const given = objectAt(value, 'status')
  const status = form === 'kind' ? given : camelMembers(given, [], { update: 'message' })
  const { message } = status
  return {
    ...status,
    state: stateTo10(status['state']),
    ...(isGiven(message) ? { message: messageTo10(message, form) } : {}),
  }
}

function statusFrom10(value: unknown, form: Form): Json {
  const status = isGiven(value) ? objectAt(value, 'status') : {}
  const { message } = status
  return {
    ...status,
    state: stateFrom10(status['state'], form),
    ...(isGiven(message) ? { message: messageFrom10(message, form) } : {}),
  }
}

/** Throws Untranslatable. */
export function taskTo10(value: unknown, form: Form): Json {
  const given = objectAt(value, 'task')
  const task = form === 'kind' ? given : camelMembers(given, ['contextId'])
  const history = listAt(task['history'], 'history')
  const artifacts = listAt(task['artifacts'], 'artifacts')
  return {
    ...without(task, ['kind']),
    status: statusTo10(task['status'], form),
    ...(history === undefined ? {} : { history: history.map((message) => messageTo10(message, form)) }),
    ...(artifacts === undefined ? {} : { artifacts: artifacts.map((each) => artifactTo10(each, form)) }),
  }
}

/** Throws Untranslatable. */
export function taskFrom10(value: unknown, form: Form): Json {
  const task = objectAt(value, 'task')
  const history = listAt(task['history'], 'history')
  const artifacts = listAt(task['artifacts'], 'artifacts')
  return {
    ...about('task', task, form),
    status: statusFrom10(task['status'], form),
    ...(history === undefined ? {} : { history: history.map((message) => messageFrom10(message, form)) }),
    ...(artifacts === undefined ? {} : { artifacts: artifacts.map((each) => artifactFrom10(each, form)) }),
  }
}

const eventNames = ['taskId', 'contextId', 'lastChunk']

/** Throws Untranslatable. */
export function statusUpdateTo10(value: unknown, form: Form): Json {
  const update = eventOf(value, form)
  // 1.0 has no `final`: the stream just ends.
  return { ...without(update, ['kind', 'final']), status: statusTo10(update['status'], form) }
}

/** Throws Untranslatable. */
export function statusUpdateFrom10(value: unknown, form: Form): Json {
  const update = objectAt(value, 'statusUpdate')
  const status = statusFrom10(update['status'], form)
  const state = objectAt(update['status'] ?? {}, 'status')['state']
  const final = typeof state === 'string' && isTerminal(state)
  return { ...about('status-update', update, form), status, ...(final || form === 'kind' ? { final } : {}) }
}

/** Throws Untranslatable. */
export function artifactUpdateTo10(value: unknown, form: Form): Json {
  const update = eventOf(value, form)
  return { ...without(update, ['kind']), artifact: artifactTo10(update['artifact'], form) }
}

/** Throws Untranslatable. */
export function artifactUpdateFrom10(value: unknown, form: Form): Json {
  const update = objectAt(value, 'artifactUpdate')
  return { ...about('artifact-update', update, form), artifact: artifactFrom10(update['artifact'], form) }
}

function eventOf(value: unknown, form: Form): Json {
  const given = objectAt(value, 'event')
  return form === 'kind' ? given : camelMembers(given, eventNames)
}

/** The members of a task or event; 0.3 has every one of them in a context. */
function about(kind: string, value: Json, form: Form): Json {
  const rest = without(value, ['kind'])
  return form === 'kind' ? { kind, ...rest, contextId: rest['contextId'] ?? '' } : rest
}
