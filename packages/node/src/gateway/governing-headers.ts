/** Longest value of a header that governs a message. */
const valueCharactersMax = 8192

/**
 * Fills `headers` from the raw headers of a request (names and values in turn) in one pass: this runs for every
 * message, and building the object of all headers would cost more than the decision and hide what came twice.
 * `duplicate` becomes the name of a field that came twice or is too long: two readers could take a different one each.
 * `other` gets what `fieldOf` does not name.
 */
export function readGoverning<F extends string, H extends Record<F | 'duplicate', string | undefined>>(
  raw: readonly string[],
  headers: H,
  fieldOf: (name: string) => F | undefined,
  other?: (headers: H, name: string, value: string) => void,
): H {
  const fields: Record<F | 'duplicate', string | undefined> = headers
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!
    const value = raw[at + 1]!
    const field = fieldOf(name)
    if (field === undefined) {
      other?.(headers, name, value)
      continue
    }
    if (fields[field] !== undefined || value.length > valueCharactersMax) fields.duplicate = name
    fields[field] = value
  }
  return headers
}
