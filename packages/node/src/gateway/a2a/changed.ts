import { isObject, objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'

/** Member of metadata: names of the arguments whose values a person changed before they approved. */
const changedKey = 'ambit/changed'

/** The task or message with a word to its caller that a person changed what it wrote; the same where nobody did. */
export function tellingChanges<T extends object>(of: T, changed: readonly string[] | undefined): T {
  if (changed === undefined || changed.length === 0) return of
  const { metadata } = of as Json
  return { ...of, metadata: { ...objectOf(metadata), [changedKey]: [...changed] } }
}

/** The same for an answer, whichever of the two it holds. */
export function changesTold(value: unknown, changed: readonly string[] | undefined): unknown {
  if (changed === undefined || !isObject(value)) return value
  for (const name of ['task', 'message'] as const) {
    const carried = value[name]
    if (isObject(carried)) return { ...value, [name]: tellingChanges(carried, changed) }
  }
  return tellingChanges(value, changed)
}
