/** Where a text of a third party is cut when whoever shows it says nothing else. */
const foreignCharactersMax = 2000

/**
 * Characters that change how the text around them looks without being seen themselves: controls, bidirectional
 * overrides and isolates, zero-width and other format characters, tags, private use, lone surrogates, line and
 * paragraph separators.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u

/** Letters and marks that are blank all the same: grapheme joiner, Hangul fillers, Khmer inherent vowels. */
const blank: ReadonlySet<number> = new Set([0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0])

/** Variation selectors beyond the common ones can carry a hidden message. */
const selectors = { first: 0xe0100, last: 0xe01ef }

/** Marks heaped on one letter beyond this many cover the lines above it. */
const marksMax = 3

export interface VisiblePart {
  readonly text: string
  /** True for what stands in place of a character that would not be seen. */
  readonly hidden: boolean
}

export interface VisibleText {
  readonly parts: readonly VisiblePart[]
  readonly cut: boolean
}

/** Makes a text of a third party safe to look at: cut, every deceptive character written out as its code point. */
export function visibleText(text: string, charactersMax: number = foreignCharactersMax): VisibleText {
  const parts: { text: string; hidden: boolean }[] = []
  let count = 0
  let marks = 0
  let cut = false
  for (const character of text) {
    if (count >= charactersMax) {
      cut = true
      break
    }
    count += 1
    marks = /\p{M}/u.test(character) ? marks + 1 : 0
    const hidden = isDeceptive(character) || marks > marksMax
    const shown = hidden ? codePoint(character) : character
    const last = parts.at(-1)
    if (last !== undefined && last.hidden === hidden) last.text += shown
    else parts.push({ text: shown, hidden })
  }
  return { parts, cut }
}

/** The same as one plain string, for titles, labels and announcements. */
export function visibleString(text: string, charactersMax: number = foreignCharactersMax): string {
  const { parts, cut } = visibleText(text, charactersMax)
  return parts.map((part) => part.text).join('') + (cut ? '…' : '')
}

function isDeceptive(character: string): boolean {
  if (character === '\n' || character === '\t') return false
  const code = character.codePointAt(0) ?? 0
  const isSelector = code >= selectors.first && code <= selectors.last
  return unseen.test(character) || blank.has(code) || isSelector
}

function codePoint(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}
