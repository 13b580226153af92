/**
 * JSON before it is text. Other than a value it can hold what no value can: a member twice, a number beyond every range,
 * and text that is no JSON at all.
 */
export type JsonNode = string | number | boolean | null | Raw | JsonNode[] | Members

/** Text that is written as it stands. */
export class Raw {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** An object as the list of its members. */
export class Members {
  entries: [string, JsonNode][]

  constructor(entries: [string, JsonNode][]) {
    this.entries = entries
  }
}

export function nodeOf(value: unknown): JsonNode {
  if (Array.isArray(value)) return value.map((item) => nodeOf(item))
  if (value instanceof Raw || value instanceof Members) return value
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return new Members(entries.map(([name, item]) => [name, nodeOf(item)]))
  }
  return value as JsonNode
}

export function textOf(node: JsonNode): string {
  if (node instanceof Raw) return node.text
  if (Array.isArray(node)) return `[${node.map((item) => textOf(item)).join(',')}]`
  if (node instanceof Members) {
    return `{${node.entries.map(([name, item]) => `${JSON.stringify(name)}:${textOf(item)}`).join(',')}}`
  }
  return JSON.stringify(node)
}
