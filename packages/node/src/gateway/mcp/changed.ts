import type { Outcome } from '@ambit/core/act'
import { visible } from '@ambit/core/visible'
import { isObject } from '@ambit/core/wire/mcp/message'

/** Member of a result's `_meta`: names of the arguments whose values a person changed. */
const changedKey = 'ambit/changed'

/**
 * The outcome with a word to the agent that a person changed what it wrote: in `_meta`, and where the result is one of a
 * tool also as its first text, since a model reads nothing else. The very same where nothing was changed.
 */
export function tellingChanges(outcome: Outcome): Outcome {
  const { changed, value } = outcome
  if (changed === undefined || changed.length === 0 || !isObject(value)) return outcome
  const { _meta: meta, content } = value
  const names = changed.map((name) => visible(name.slice(0, 100)))
  const text = `Before this was done, a person changed these values: ${names.join(', ')}.`
  return {
    ...outcome,
    value: {
      ...value,
      ...(Array.isArray(content) ? { content: [{ type: 'text', text }, ...(content as unknown[])] } : {}),
      _meta: { ...(isObject(meta) ? meta : {}), [changedKey]: names },
    },
  }
}
