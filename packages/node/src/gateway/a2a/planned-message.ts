import { isObject, objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'

/** Members that say nothing when they are empty, which some writers leave out and some do not (ProtoJSON). */
const messageMembers = ['contextId', 'taskId', 'metadata', 'extensions', 'referenceTaskIds'] as const
const partMembers = ['filename', 'mediaType', 'metadata'] as const

/**
 * What a list holds of a message: all that the agent will read in it, without how the answer is wanted, which libraries
 * add by themselves. That alone is passed on, whatever else comes with the message that it is recognised by.
 */
export function plannedMessage(params: unknown): Json {
  const message = objectOf(objectOf(params)?.['message']) ?? {}
  const { parts } = message
  const plain = without(message, messageMembers)
  if (!Array.isArray(parts)) return { message: plain }
  const told = (parts as readonly unknown[]).map((part) =>
    isObject(part) ? without(part, partMembers) : part,
  )
  return { message: { ...plain, parts: told } }
}

function without(of: Json, members: readonly string[]): Json {
  return Object.fromEntries(
    Object.entries(of).filter(([name, value]) => !members.includes(name) || !isEmpty(value)),
  )
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
