import type { Constraint } from '../mandate.ts'
import { visible } from '../visible.ts'
import { sameSchema, schemaHolds } from './value-schema.ts'
import { standsIn } from './words.ts'
import type { Words } from './words.ts'

/**
 * A `..` step in a path, plain or percent-encoded any number of times, between separators of any kind. A value that
 * has one leaves whatever its prefix promises, so no prefix covers it.
 */
const parentStep =
  /(?:^|[/\\\u2044\u2215\u29f5\u29f8\u29f9]|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){2}(?:$|[/\\?#;\u2044\u2215\u29f5\u29f8\u29f9]|%(?:25)*(?:2f|5c))/i
const encodedBytes = /(?:%[0-9a-f]{2})+/gi
/** Encodings on top of one another that are taken off; nobody nests them deeper who means well. */
const encodingsMax = 4
/** Readers of addresses leave these out, and whatever stood around them then stands together (WHATWG URL, 4.4). */
const leftOut = /[\t\n\r]/g

/** Why a value does not keep to its constraint, where the words of the reader are not enough to see it. */
export type ConstraintTrick = 'hidden-characters' | 'leaves-prefix'

/**
 * Whether a value keeps to a constraint. Never throws. Objects, arrays, missing and non-finite values keep to none that
 * has a member other than `schema`; the empty constraint asks only that the argument is there. `words`: the user's, of
 * the task.
 */
export function constraintHolds(constraint: Constraint, value: unknown, words?: Words): boolean {
  const { fromUser, fromTrusted } = constraint
  if (!valueHolds(constraint, value)) return false
  if (fromUser !== true && fromTrusted !== true) return true
  return words !== undefined && standsIn(words, value)
}

function valueHolds(constraint: Constraint, value: unknown): boolean {
  const { eq, in: list, prefix, max, min, schema } = constraint
  if (value === undefined) return false
  if (eq !== undefined && value !== eq) return false
  if (list !== undefined && !(list as readonly unknown[]).includes(value)) return false
  if (eq !== undefined || list !== undefined || prefix !== undefined) {
    if (typeof value === 'string' && isHidden(value)) return false
  }
  if (prefix !== undefined && (typeof value !== 'string' || !staysWithin(prefix, value))) return false
  if (schema !== undefined && !schemaHolds(schema, value)) return false
  if (max === undefined && min === undefined) return true
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  return (max === undefined || value <= max) && (min === undefined || value >= min)
}

/** What is deceptive about a value that does not keep to its constraint; undefined where it simply does not. */
export function trickOf(constraint: Constraint, value: unknown): ConstraintTrick | undefined {
  if (typeof value !== 'string') return undefined
  const { eq, in: list, prefix } = constraint
  if ((eq !== undefined || list !== undefined || prefix !== undefined) && isHidden(value)) {
    return 'hidden-characters'
  }
  return prefix !== undefined && value.startsWith(prefix) && !staysWithin(prefix, value)
    ? 'leaves-prefix'
    : undefined
}

const plainText = /^[\t\n\r\x20-\x7e]*$/

/** Line ends and tabs are seen for what they are. */
function isHidden(value: string): boolean {
  if (plainText.test(value)) return false
  const plain = value.replace(leftOut, ' ')
  return visible(plain) !== plain
}

/** A value that begins with the prefix as it stands and as those read it who fold full-width and composed forms. */
function staysWithin(prefix: string, value: string): boolean {
  if (!value.startsWith(prefix) || !folded(value).startsWith(folded(prefix))) return false
  let read: string | undefined = value
  for (let round = 0; round <= encodingsMax; round++) {
    if (climbs(read)) return false
    const decoded: string | undefined = withoutEncoding(read)
    if (decoded === undefined) return false
    if (decoded === read) return true
    read = decoded
  }
  return false
}

function climbs(text: string): boolean {
  const bare = text.replace(leftOut, '')
  return parentStep.test(bare) || parentStep.test(folded(bare))
}

/** Full-width and other forms as the plain ones (Unicode, NFKC). */
function folded(text: string): string {
  return plainText.test(text) ? text : text.normalize('NFKC')
}

/** One percent-encoding taken off; undefined where it hides bytes that are no UTF-8, such as overlong dots. */
function withoutEncoding(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return text.replace(encodedBytes, (bytes) => decodeURIComponent(bytes))
  } catch {
    // Readers differ on such bytes, and one of them may read a step out of the prefix.
    return undefined
  }
}

/**
 * Whether every value that keeps to the child also keeps to the parent, whatever the words of the task are. Exact where
 * the child lists its values (`eq`, `in`); otherwise member by member, which may say no to a child that is narrower in
 * a way not visible here.
 */
export function constraintWithin(child: Constraint, parent: Constraint): boolean {
  if (parent.fromUser === true && child.fromUser !== true) return false
  if (parent.fromTrusted === true && child.fromTrusted !== true && child.fromUser !== true) return false
  const listed = child.eq !== undefined ? [child.eq] : child.in
  if (listed !== undefined) {
    return listed.every((value) => !valueHolds(child, value) || valueHolds(parent, value))
  }
  if (parent.eq !== undefined || parent.in !== undefined) return false
  if (parent.prefix !== undefined && !prefixWithin(child.prefix, parent.prefix)) return false
  if (parent.max !== undefined && (child.max === undefined || child.max > parent.max)) return false
  if (parent.min !== undefined && (child.min === undefined || child.min < parent.min)) return false
  return (
    parent.schema === undefined || (child.schema !== undefined && sameSchema(child.schema, parent.schema))
  )
}

function prefixWithin(child: string | undefined, parent: string): boolean {
  if (child?.startsWith(parent) !== true) return false
  return folded(child).startsWith(folded(parent))
}
