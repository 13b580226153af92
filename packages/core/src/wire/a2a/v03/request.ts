import type { Method } from '../method.ts'
import { isObject } from '../json.ts'
import type { Json } from '../json.ts'
import { camelMembers, isGiven, objectAt, Untranslatable, without } from './form.ts'
import type { Form } from './form.ts'
import { messageFrom10, messageTo10 } from './message.ts'
import { pushConfigFrom10, pushConfigTo10, taskPushConfigFrom10, taskPushConfigTo10 } from './push.ts'

/**
 * The parameters of an operation of 0.3 as those of 1.0. In the form `proto` they are the members of the body; what the
 * address says stands in `address`. Throws Untranslatable.
 */
export function paramsTo10(method: Method, params: Json, form: Form, address: Json = {}): Json {
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return sendTo10(params, form)
    case 'CreateTaskPushNotificationConfig':
      return taskPushConfigTo10(params, form, address['taskId'])
    case 'GetTaskPushNotificationConfig':
    case 'ListTaskPushNotificationConfigs':
    case 'DeleteTaskPushNotificationConfig':
      return form === 'kind' ? pushIdTo10(method, params) : { ...params, ...address }
    case 'GetTask':
    case 'CancelTask':
    case 'SubscribeToTask':
    case 'GetExtendedAgentCard':
      return form === 'kind' ? params : camelMembers({ ...params, ...address }, ['historyLength'])
    default:
      throw new Untranslatable('method', 'has no meaning in A2A 0.3')
  }
}

/** The parameters of an operation of 1.0 as the params or body of 0.3. Throws Untranslatable. */
export function paramsFrom10(method: Method, params: Json, form: Form): Json {
  const rest = without(params, ['tenant'])
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return sendFrom10(rest, form)
    case 'CreateTaskPushNotificationConfig':
      return taskPushConfigFrom10(rest, form)
    case 'GetTaskPushNotificationConfig':
    case 'ListTaskPushNotificationConfigs':
    case 'DeleteTaskPushNotificationConfig':
      return form === 'kind' ? pushIdFrom10(rest) : rest
    case 'GetTask':
    case 'CancelTask':
    case 'SubscribeToTask':
    case 'GetExtendedAgentCard':
      return rest
    default:
      throw new Untranslatable('method', 'has no meaning in A2A 0.3')
  }
}

function sendTo10(given: Json, form: Form): Json {
  const params = form === 'kind' ? given : camelMembers(given, [], { request: 'message' })
  const { message, configuration } = params
  const role = objectAt(message, 'message')['role']
  if (
    role !== 'user' &&
    role !== 'agent' &&
    (form === 'kind' || (role !== 'ROLE_USER' && role !== 'ROLE_AGENT'))
  )
    throw new Untranslatable('message.role', 'must be that of a user or of an agent')
  return {
    ...without(params, ['tenant']),
    message: messageTo10(message, form),
    ...(isGiven(configuration) ? { configuration: configurationTo10(configuration, form) } : {}),
  }
}

const configurationNames = [
  'acceptedOutputModes',
  'historyLength',
  'pushNotification',
  'pushNotificationConfig',
]
const waitNames = ['blocking', 'returnImmediately']
const pushNames = ['pushNotificationConfig', 'pushNotification', 'taskPushNotificationConfig']

/**
 * `blocking` is the opposite of `returnImmediately`. Left out, it means that the caller waits in the form `kind`, as most
 * servers of 0.3 read it, and is false in the form `proto`, where an absent boolean is one that is false.
 */
function configurationTo10(value: unknown, form: Form): Json {
  const given = objectAt(value, 'configuration')
  const configuration = form === 'kind' ? given : camelMembers(given, configurationNames)
  const { blocking } = configuration
  const push = configuration['pushNotificationConfig'] ?? configuration['pushNotification']
  if (isGiven(blocking) && typeof blocking !== 'boolean')
    throw new Untranslatable('configuration.blocking', 'must be true or false')
  return {
    ...without(configuration, [...waitNames, ...pushNames]),
    ...(isGiven(push) ? { taskPushNotificationConfig: pushConfigTo10(push) } : {}),
    ...(isGiven(blocking)
      ? { returnImmediately: blocking !== true }
      : form === 'proto'
        ? { returnImmediately: true }
        : {}),
  }
}

function sendFrom10(params: Json, form: Form): Json {
  const { message, configuration } = params
  return {
    ...params,
    message: messageFrom10(message, form),
    ...(isObject(configuration) ? { configuration: configurationFrom10(configuration, form) } : {}),
  }
}

function configurationFrom10(configuration: Json, form: Form): Json {
  const { returnImmediately, taskPushNotificationConfig: push } = configuration
  const pushName = form === 'kind' ? 'pushNotificationConfig' : 'pushNotification'
  const blocking = returnImmediately !== true
  return {
    ...without(configuration, [...waitNames, ...pushNames]),
    ...(isObject(push) ? { [pushName]: pushConfigFrom10(push) } : {}),
    // What 1.0 does when it is told nothing, servers of 0.3 do only when they are told so.
    ...(blocking || form === 'kind' ? { blocking } : {}),
  }
}

function pushIdTo10(method: Method, params: Json): Json {
  const { id, pushNotificationConfigId: configId } = params
  const rest = without(params, ['id', 'taskId', 'pushNotificationConfigId'])
  if (method === 'ListTaskPushNotificationConfigs') return { ...rest, taskId: id }
  // A configuration without a name of its own has the task's.
  return { ...rest, taskId: id, id: configId ?? id }
}

function pushIdFrom10(params: Json): Json {
  const { id, taskId } = params
  const rest = without(params, ['id', 'taskId', 'pushNotificationConfigId'])
  return { ...rest, id: taskId, ...(isGiven(id) && id !== '' ? { pushNotificationConfigId: id } : {}) }
}
