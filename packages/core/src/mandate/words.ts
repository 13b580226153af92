/**
 * The user's own words for one task, ready to be asked whether a value stands in them. Only whole values count: what is
 * a part of a longer word, address or number was not said.
 */
export interface Words {
  readonly text: string
  readonly numbers: ReadonlySet<number>
}

/** ASCII digits only: digits of other scripts are letters to most readers of JSON, and no number to any. */
const numberForm = /-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?/g
/** What makes a number another one when it stands beside it; 万 and its like multiply. */
const numberJoint = /[\p{L}\p{N}\p{M}_.,%‰-]/u
const multipliers = /[十百千万萬亿億兆]/u
/** Scripts that are written without spaces. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u
const letter = /[\p{L}\p{N}\p{M}_@]/u
/** Part of a word, an address or a path where a letter stands behind it; the end of a sentence where none does. */
const joint = /[-.'’+/\\:%#&=?~$*]/u

export function wordsOf(text: string): Words {
  const numbers = new Set<number>()
  for (const { 0: found, index } of text.matchAll(numberForm)) {
    if (isNumberAlone(text, index, index + found.length)) numbers.add(Number(found.replaceAll(',', '')))
  }
  return { text, numbers }
}

function isNumberAlone(text: string, from: number, to: number): boolean {
  const before = characterBefore(text, from)
  const after = characterAt(text, to)
  if (before !== '' && numberJoint.test(before) && !unspaced.test(before)) return false
  if (after === '' || !numberJoint.test(after)) return true
  if (unspaced.test(after)) return !multipliers.test(after)
  // The end of a sentence or of a part of it, not of a number.
  return (after === '.' || after === ',') && !/[\p{N}\p{L}]/u.test(characterAt(text, to + 1))
}

/** Whether the value, as a whole, stands in the words. Truth values, lists and objects never do: they say too little. */
export function standsIn(words: Words, value: unknown): boolean {
  if (typeof value === 'number') return words.numbers.has(value)
  if (typeof value !== 'string' || value.trim() === '') return false
  for (let at = words.text.indexOf(value); at >= 0; at = words.text.indexOf(value, at + 1)) {
    if (!joinsBefore(words.text, at, value) && !joinsAfter(words.text, at + value.length, value)) return true
  }
  return false
}

function joinsBefore(text: string, at: number, value: string): boolean {
  const before = characterBefore(text, at)
  if (before === '') return false
  const edge = characterAt(value, 0)
  if (joint.test(before)) return joinsLetters(edge, characterBefore(text, at - before.length))
  return joinsLetters(edge, before)
}

function joinsAfter(text: string, at: number, value: string): boolean {
  const after = characterAt(text, at)
  if (after === '') return false
  const edge = characterBefore(value, value.length)
  if (joint.test(after)) return joinsLetters(edge, characterAt(text, at + after.length))
  return joinsLetters(edge, after)
}

/**
 * A letter beside the edge of a value makes one word with it, unless only one of the two is of a script without spaces:
 * where words are not set apart nobody can tell a name from a part of a longer one, so there it is quoted or spaced.
 */
function joinsLetters(edge: string, beside: string): boolean {
  if (!letter.test(beside)) return false
  return unspaced.test(edge) === unspaced.test(beside) || !letter.test(edge)
}

function characterAt(text: string, at: number): string {
  const point = text.codePointAt(at)
  return point === undefined ? '' : String.fromCodePoint(point)
}

function characterBefore(text: string, at: number): string {
  if (at <= 0) return ''
  const unit = text.charCodeAt(at - 1)
  const isLow = unit >= 0xdc00 && unit <= 0xdfff
  return characterAt(text, isLow && at > 1 ? at - 2 : at - 1)
}
