import type { Method } from '../method.ts'
import { isObject } from '../json.ts'
import type { Json } from '../json.ts'
import { camelMembers, isGiven, listAt, objectAt, Untranslatable } from './form.ts'
import type { Form } from './form.ts'
import { messageFrom10, messageTo10 } from './message.ts'
import { taskPushConfigFrom10, taskPushConfigTo10 } from './push.ts'
import {
  artifactUpdateFrom10,
  artifactUpdateTo10,
  statusUpdateFrom10,
  statusUpdateTo10,
  taskFrom10,
  taskTo10,
} from './task.ts'

/**
 * What an operation of 0.3 answered, as 1.0 answers it. Cards are not translated here (`card.ts`): they are given on as
 * they are. Throws Untranslatable.
 */
export function answerTo10(method: Method, value: unknown, form: Form): unknown {
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage':
    case 'SubscribeToTask':
      return eventTo10(value, form)
    case 'GetTask':
    case 'CancelTask':
      return taskTo10(value, form)
    case 'CreateTaskPushNotificationConfig':
    case 'GetTaskPushNotificationConfig':
      return taskPushConfigTo10(value, form)
    case 'ListTaskPushNotificationConfigs': {
      const configs = form === 'kind' ? value : objectAt(value, 'result')['configs']
      return { configs: (listAt(configs, 'configs') ?? []).map((each) => taskPushConfigTo10(each, form)) }
    }
    case 'DeleteTaskPushNotificationConfig':
      return {}
    default:
      return value
  }
}

/** What an operation of 1.0 answered, as 0.3 answers it. Throws Untranslatable. */
export function answerFrom10(method: Method, value: unknown, form: Form): unknown {
  switch (method) {
    case 'SendMessage':
    case 'SendStreamingMessage':
    case 'SubscribeToTask':
      return eventFrom10(value, form)
    case 'GetTask':
    case 'CancelTask':
      return taskFrom10(value, form)
    case 'CreateTaskPushNotificationConfig':
    case 'GetTaskPushNotificationConfig':
      return taskPushConfigFrom10(value, form)
    case 'ListTaskPushNotificationConfigs': {
      const list = listAt(objectAt(value ?? {}, 'result')['configs'], 'configs') ?? []
      const configs = list.map((each) => taskPushConfigFrom10(each, form))
      return form === 'kind' ? configs : { configs }
    }
    case 'DeleteTaskPushNotificationConfig':
      return form === 'kind' ? null : {}
    default:
      return value
  }
}

/**
 * A task, message or event of 0.3 as a `StreamResponse` of 1.0: of a stream, of an answer to a message, or of a push
 * notification (which 0.3 always writes in the form `kind`). Throws Untranslatable.
 */
export function eventTo10(value: unknown, form: Form): Json {
  const event = objectAt(value, 'result')
  if (form === 'kind' || typeof event['kind'] === 'string') return kindTo10(event)
  const wrapper = camelMembers(event, ['statusUpdate', 'artifactUpdate'], { msg: 'message' })
  if (isGiven(wrapper['task'])) return { task: taskTo10(wrapper['task'], form) }
  if (isGiven(wrapper['message'])) return { message: messageTo10(wrapper['message'], form) }
  if (isGiven(wrapper['statusUpdate']))
    return { statusUpdate: statusUpdateTo10(wrapper['statusUpdate'], form) }
  if (isGiven(wrapper['artifactUpdate']))
    return { artifactUpdate: artifactUpdateTo10(wrapper['artifactUpdate'], form) }
  throw new Untranslatable('result', 'must be a task, a message or an event')
}

function kindTo10(event: Json): Json {
  switch (event['kind']) {
    case 'task':
      return { task: taskTo10(event, 'kind') }
    case 'message':
      return { message: messageTo10(event, 'kind') }
    case 'status-update':
      return { statusUpdate: statusUpdateTo10(event, 'kind') }
    case 'artifact-update':
      return { artifactUpdate: artifactUpdateTo10(event, 'kind') }
    default:
      throw new Untranslatable('result.kind', 'must be task, message, status-update or artifact-update')
  }
}

/** A `StreamResponse` of 1.0 as 0.3 says it. Throws Untranslatable. */
export function eventFrom10(value: unknown, form: Form): Json {
  const response = objectAt(value, 'result')
  const found = eventForms.filter(({ name }) => isObject(response[name]))
  if (found.length !== 1) throw new Untranslatable('result', 'must be one task, message or event')
  const { name, write } = found[0]!
  const event = write(response[name], form)
  return form === 'kind' ? event : { [name]: event }
}

const eventForms = [
  { name: 'task', write: taskFrom10 },
  { name: 'message', write: messageFrom10 },
  { name: 'statusUpdate', write: statusUpdateFrom10 },
  { name: 'artifactUpdate', write: artifactUpdateFrom10 },
] as const
