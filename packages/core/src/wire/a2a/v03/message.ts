import type { Json } from '../json.ts'
import { camelMembers, isGiven, listAt, objectAt, Untranslatable, without } from './form.ts'
import type { Form } from './form.ts'
import { partFrom10, partTo10 } from './part.ts'

const messageNames = ['messageId', 'contextId', 'taskId', 'referenceTaskIds']

/** A message of 0.3 as one of 1.0. Throws Untranslatable. */
export function messageTo10(value: unknown, form: Form): Json {
  const given = objectAt(value, 'message')
  const isKind = form === 'kind' || given['kind'] === 'message'
  const message = isKind ? given : camelMembers(given, messageNames)
  const parts = listAt(message[isKind ? 'parts' : 'content'], 'message.parts')
  if (parts === undefined) throw new Untranslatable('message.parts', 'must be a list')
  const { role } = message
  return {
    ...without(message, ['kind', 'parts', ...(isKind ? [] : ['content'])]),
    ...(isGiven(role)
      ? { role: role === 'user' ? 'ROLE_USER' : role === 'agent' ? 'ROLE_AGENT' : role }
      : {}),
    parts: parts.map((part) => partTo10(part, form)),
  }
}

/** A message of 1.0 as one of 0.3. Throws Untranslatable. */
export function messageFrom10(value: unknown, form: Form): Json {
  const message = objectAt(value, 'message')
  const rest = without(message, ['kind', 'parts', 'role', ...(form === 'kind' ? [] : ['content'])])
  // An empty text is one that was not given; 0.3 would read it as the task or context of that name.
  for (const name of ['contextId', 'taskId']) if (rest[name] === '') delete rest[name]
  const parts = (listAt(message['parts'], 'message.parts') ?? []).map((part) => partFrom10(part, form))
  const { role } = message
  return form === 'kind'
    ? { kind: 'message', ...rest, role: role === 'ROLE_USER' ? 'user' : 'agent', parts }
    : { ...rest, role, content: parts }
}

/** Throws Untranslatable. */
export function artifactTo10(value: unknown, form: Form): Json {
  const given = objectAt(value, 'artifact')
  const artifact = form === 'kind' ? given : camelMembers(given, ['artifactId'])
  const parts = listAt(artifact['parts'], 'artifact.parts') ?? []
  return { ...artifact, parts: parts.map((part) => partTo10(part, form)) }
}

/** Throws Untranslatable. */
export function artifactFrom10(value: unknown, form: Form): Json {
  const artifact = objectAt(value, 'artifact')
  const parts = listAt(artifact['parts'], 'artifact.parts') ?? []
  return { ...artifact, parts: parts.map((part) => partFrom10(part, form)) }
}
