/** A JSON object whose members nobody has looked at. */
export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value where it is a JSON object; undefined for anything else. */
export function objectOf(value: unknown): Json | undefined {
  return isObject(value) ? value : undefined
}
