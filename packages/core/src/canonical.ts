/**
 * Canonical JSON: RFC 8785 (JCS). The one form over which digests and signatures are made.
 * `JSON.stringify` already writes numbers and strings as RFC 8785 asks (both follow ECMAScript); what is added
 * here is the order of members (UTF-16 code units) and the refusal of what JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed())
        throw new TypeError('a string holds a lone surrogate, which JSON cannot carry')
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${String(value)} cannot be written as JSON`)
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? arrayJson(value) : objectJson(value)
    default:
      throw new TypeError(`a ${typeof value} cannot be written as JSON`)
  }
}

function arrayJson(items: readonly unknown[]): string {
  return `[${items.map((item) => canonicalJson(item)).join(',')}]`
}

function objectJson(object: object): string {
  const members: string[] = []
  const entries = object as Readonly<Record<string, unknown>>
  // The default sort compares UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  for (const key of Object.keys(entries).sort()) {
    const value = entries[key]
    if (value === undefined) continue
    members.push(`${canonicalJson(key)}:${canonicalJson(value)}`)
  }
  return `{${members.join(',')}}`
}
