/**
 * Characters that a reader cannot see or that rearrange what they see: controls, formats (bidirectional marks, tags),
 * separators, private use, lone surrogates, what fonts ignore (zero width, fillers, variation selectors), and spaces
 * that only look like one.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{2800}]/gu

/** The text with each such character written as ⟨U+202E⟩. */
export function visible(text: string): string {
  return text.replaceAll(
    unseen,
    (character) => `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
  )
}

/** Cuts at a character, not inside one, and says how much there was. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text
  return `${text.slice(0, charactersMax).toWellFormed()}… (${text.length})`
}
