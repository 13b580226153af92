/** Without empty texts, lists and objects, at any depth; undefined when nothing is left. */
export function withoutEmpty(value: unknown): unknown {
  if (value === '' || value === null) return undefined
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutEmpty(item)).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (typeof value !== 'object') return value
  const members: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value as object)) {
    const cleaned = withoutEmpty(member)
    if (cleaned !== undefined) members[name] = cleaned
  }
  return Object.keys(members).length === 0 ? undefined : members
}
