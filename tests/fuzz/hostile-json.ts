import { Members, Raw, textOf } from './json-node.ts'
import type { JsonNode } from './json-node.ts'
import type { Random } from './random.ts'

/** Names that mean something to the runtime, to the protocols, or to a careless reader. */
const hostileNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
  '',
  ' ',
  '\0',
  'id',
  'method',
  'params',
  'result',
  'error',
  '_meta',
  'task_id',
  'message',
  'ID',
  'Method',
  '\ud800',
  'x'.repeat(5000),
] as const

const hostileTexts = [
  '',
  ' ',
  '\0',
  '\r\nX-Injected: 1\r\n\r\n',
  '\n\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
  '\u2028\u2029',
  '\ufeff',
  '\ud800',
  '../../etc/passwd',
  '${jndi:x}',
  '=?base64?////?=',
  '=?base64?*?=',
  'ambit-approval:',
  'ambit-approval:__proto__',
  '__proto__',
  '%00%0d%0a',
  'javascript:alert(1)',
  'http://169.254.169.254/latest/meta-data/',
  "'; DROP TABLE acts; --",
  '\u202eevil',
  '1e999',
  'null',
  'TASK_STATE_COMPLETED',
  '9'.repeat(400),
  'a'.repeat(300),
  'é'.repeat(70_000),
] as const

const hostileNumbers = [
  '0',
  '-0',
  '-1',
  '1.5',
  '1e400',
  '-1e400',
  '9007199254740993',
  '123456789012345678901234567890',
  '1E-400',
  '2147483648',
  '4294967296',
  '0.1e1',
  `1${'0'.repeat(5000)}`,
] as const

const notJson = [
  'undefined',
  'NaN',
  '01',
  "'a'",
  '{',
  ']',
  '/* */1',
  '"\\x"',
  '"\u0001"',
  'True',
  '',
] as const

/** A value where another one belongs. */
export function hostileValue(random: Random): JsonNode {
  switch (random.below(10)) {
    case 0:
      return null
    case 1:
      return random.onceIn(2)
    case 2:
    case 3:
      return new Raw(random.pick(hostileNumbers))
    case 4:
    case 5:
      return random.pick(hostileTexts)
    case 6:
      return []
    case 7:
      return new Members([[random.pick(hostileNames), new Members([['polluted', true]])]])
    case 8:
      return nested(random)
    default:
      return random.onceIn(4) ? new Raw(random.pick(notJson)) : new Members([])
  }
}

function nested(random: Random): Raw {
  const depth = random.pick([20, 70, 500, 5000, 50_000])
  return random.onceIn(2)
    ? new Raw('['.repeat(depth) + ']'.repeat(depth))
    : new Raw('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))
}

/** Changes one place of a tree; gives the tree, which may be another one. */
export function mutateJson(random: Random, root: JsonNode): JsonNode {
  const objects: Members[] = []
  const lists: JsonNode[][] = []
  collect(root, objects, lists)
  if (objects.length === 0 || random.onceIn(25)) return random.onceIn(2) ? [root] : hostileValue(random)
  if (lists.length > 0 && random.onceIn(6)) {
    mutateList(random, random.pick(lists))
    return root
  }
  mutateMembers(random, random.pick(objects), objects)
  return root
}

function mutateList(random: Random, list: JsonNode[]): void {
  const at = random.below(list.length + 1)
  if (random.onceIn(3)) list.length = at
  else if (random.onceIn(2)) list.splice(at, 1, hostileValue(random))
  else {
    const again = new Raw(textOf(list[0] ?? hostileValue(random)))
    list.push(...Array.from({ length: random.pick([1, 200]) }, () => again))
  }
}

function mutateMembers(random: Random, members: Members, all: readonly Members[]): void {
  const { entries } = members
  const at = random.below(Math.max(1, entries.length))
  const entry = entries[at]
  switch (random.below(entry === undefined ? 2 : 8)) {
    case 0:
      entries.push([random.pick(hostileNames), hostileValue(random)])
      return
    case 1: {
      const other = random.pick(all).entries
      if (other.length > 0) {
        // As text: the same member in two places of the tree could make it a circle.
        const [name, value] = random.pick(other)
        entries.push([name, new Raw(textOf(value))])
      }
      return
    }
    case 2:
      entries.splice(at, 1)
      return
    case 3:
      entry![0] = random.pick(hostileNames)
      return
    case 4:
      // A member twice: two readers may take a different one each.
      entries.splice(random.below(entries.length + 1), 0, [entry![0], hostileValue(random)])
      return
    case 5:
      entry![0] = random.onceIn(2) ? entry![0].toUpperCase() : ` ${entry![0]}`
      return
    default:
      entries[at] = [entry![0], hostileValue(random)]
  }
}

function collect(node: JsonNode, objects: Members[], lists: JsonNode[][]): void {
  if (Array.isArray(node)) {
    lists.push(node)
    for (const item of node) collect(item, objects, lists)
  } else if (node instanceof Members) {
    objects.push(node)
    for (const [, item] of node.entries) collect(item, objects, lists)
  }
}
