/** As deep as ProtoJSON parsers go by default; deeper texts are aimed at whoever walks them. */
const depthMax = 100

/** Whether a parsed JSON value is nested deeper than any A2A message need be. */
export function isTooDeep(value: unknown, depth: number = depthMax): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  for (const member of Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value)) {
    if (typeof member === 'object' && member !== null && isTooDeep(member, depth - 1)) return true
  }
  return false
}
