import { isTextTooDeep } from '@ambit/core/wire/depth'

/**
 * Parses JSON that a client or server wrote: the one place where it enters. Undefined when it is none, or nested so
 * deeply that whoever walks it later would run out of stack. (JSON itself has no `undefined`.)
 */
export function parseForeign(text: string): unknown {
  if (isTextTooDeep(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // No JSON is told apart from wrong JSON by no caller.
    return undefined
  }
}
