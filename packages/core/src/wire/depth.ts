/** As deep as ProtoJSON parsers go by default; deeper texts are aimed at whoever walks them. */
const depthMax = 100

/** Whether a parsed JSON value is nested deeper than any message need be. */
export function isTooDeep(value: unknown, depth: number = depthMax): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  for (const member of Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value)) {
    if (typeof member === 'object' && member !== null && isTooDeep(member, depth - 1)) return true
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const openBrace = 0x7b

/**
 * The same of the text of a JSON value, before anybody walks it. Reads the text once, and not at all where it is too
 * short to be deep.
 */
export function isTextTooDeep(text: string): boolean {
  if (text.length <= 2 * depthMax) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfString(text, at)
    // `[` and `{` differ from `]` and `}` by two.
    else if (code === openBracket || code === openBrace) depth += 1
    else if (code === openBracket + 2 || code === openBrace + 2) depth -= 1
    else continue
    if (depth > depthMax) return true
  }
  return false
}

/** Where the string that begins at `at` ends; the end of the text when it does not. */
function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes += 1
  return backslashes % 2 === 1
}
