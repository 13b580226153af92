/**
 * Characters that a reader cannot see or that rearrange what they see: controls, formats (bidirectional marks, tags),
 * separators, private use, lone surrogates, what fonts ignore (zero width, fillers, variation selectors), spaces that
 * only look like one, and marks heaped on a letter that already bears three. The selector that makes a pictograph
 * colourful says nothing and stays.
 */
const unseen =
  /(?!(?<=\p{Extended_Pictographic})\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{2800}]|(?<=\p{M}{3})\p{M}/gu

/** A piece of a text; `hidden` where it stands in place of characters that would not be seen. */
export interface VisiblePart {
  readonly text: string
  readonly hidden: boolean
}

/** Text of a third party with each deceptive character written as its code point: `pay⟨U+202E⟩gnihton`. */
export function visible(text: string): string {
  return text.replaceAll(unseen, codePoint)
}

/** The same in pieces, for whoever marks what was hidden; line ends and tabs stay, because it is shown as a block. */
export function visibleParts(text: string): readonly VisiblePart[] {
  const parts: { text: string; hidden: boolean }[] = []
  const add = (piece: string, hidden: boolean) => {
    const last = parts.at(-1)
    if (last?.hidden === hidden) last.text += piece
    else if (piece !== '') parts.push({ text: piece, hidden })
  }
  let end = 0
  for (const match of text.matchAll(unseen)) {
    const [character] = match
    if (character === '\n' || character === '\t') continue
    add(text.slice(end, match.index), false)
    add(codePoint(character), true)
    end = match.index + character.length
  }
  add(text.slice(end), false)
  return parts
}

function codePoint(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}
