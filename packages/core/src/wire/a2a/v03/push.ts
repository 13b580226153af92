import { isObject } from '../json.ts'
import type { Json } from '../json.ts'
import { camelMembers, isGiven, objectAt, textAt, Untranslatable, without } from './form.ts'
import type { Form } from './form.ts'

const nameForm = /^tasks\/([^/]+)\/pushNotificationConfigs\/([^/]+)$/

/** What 0.3 calls PushNotificationConfig, as the members of 1.0's TaskPushNotificationConfig. Throws Untranslatable. */
export function pushConfigTo10(value: unknown): Json {
  const config = objectAt(value, 'pushNotificationConfig')
  const { authentication } = config
  return {
    ...config,
    ...(isGiven(authentication) ? { authentication: authenticationTo10(authentication) } : {}),
  }
}

export function pushConfigFrom10(config: Json): Json {
  const { authentication } = config
  const rest = without(config, ['taskId', 'tenant'])
  if (rest['id'] === '') delete rest['id']
  if (rest['token'] === '') delete rest['token']
  return {
    ...rest,
    ...(isObject(authentication) ? { authentication: authenticationFrom10(authentication) } : {}),
  }
}

/** 1.0 has one scheme: the first of those that 0.3 lists is kept. */
function authenticationTo10(value: unknown): Json {
  const authentication = objectAt(value, 'authentication')
  const { schemes } = authentication
  const scheme: unknown = Array.isArray(schemes) ? schemes[0] : undefined
  return { ...without(authentication, ['schemes', 'scheme']), ...(isGiven(scheme) ? { scheme } : {}) }
}

function authenticationFrom10(authentication: Json): Json {
  const { scheme } = authentication
  return {
    ...without(authentication, ['schemes', 'scheme']),
    schemes: isGiven(scheme) && scheme !== '' ? [scheme] : [],
  }
}

/** The configuration of a task. `taskId` is that of the address, where HTTP+JSON says it there. Throws Untranslatable. */
export function taskPushConfigTo10(value: unknown, form: Form, taskId?: unknown): Json {
  if (form === 'kind') {
    const given = objectAt(value, 'params')
    return { ...pushConfigTo10(given['pushNotificationConfig']), taskId: given['taskId'] }
  }
  const outer = camelMembers(objectAt(value, 'body'), ['pushNotificationConfig', 'configId'])
  // The body is the configuration (as the proto says), or the whole request around it.
  const inner = isObject(outer['config']) ? camelMembers(outer['config'], ['pushNotificationConfig']) : outer
  const config = pushConfigTo10(inner['pushNotificationConfig'])
  const { name } = inner
  const named = typeof name === 'string' ? nameForm.exec(name) : null
  const id = isGiven(config['id']) && config['id'] !== '' ? config['id'] : (named?.[2] ?? outer['configId'])
  if (taskId !== undefined && named !== null && named[1] !== taskId)
    throw new Untranslatable('name', 'names another task than the address')
  return { ...config, taskId: taskId ?? named?.[1], ...(isGiven(id) ? { id } : {}) }
}

export function taskPushConfigFrom10(value: unknown, form: Form): Json {
  const config = objectAt(value, 'config')
  const { taskId, id } = config
  const pushNotificationConfig = pushConfigFrom10(config)
  if (form === 'kind') return { taskId, pushNotificationConfig }
  return {
    name: `tasks/${textAt(taskId, 'taskId')}/pushNotificationConfigs/${isGiven(id) ? textAt(id, 'id') : ''}`,
    pushNotificationConfig,
  }
}
