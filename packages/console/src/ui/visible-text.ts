import { visibleParts } from '@ambit/core/visible'
import type { VisiblePart } from '@ambit/core/visible'

/** Where a text of a third party is cut when whoever shows it says nothing else. */
const foreignCharactersMax = 2000

export interface VisibleText {
  readonly parts: readonly VisiblePart[]
  readonly cut: boolean
}

/** Makes a text of a third party safe to look at: cut, every deceptive character written out as its code point. */
export function visibleText(text: string, charactersMax: number = foreignCharactersMax): VisibleText {
  const end = endOf(text, charactersMax)
  return { parts: visibleParts(text.slice(0, end)), cut: end < text.length }
}

/** The same as one plain string, for titles, labels and announcements. */
export function visibleString(text: string, charactersMax: number = foreignCharactersMax): string {
  const { parts, cut } = visibleText(text, charactersMax)
  return parts.map((part) => part.text).join('') + (cut ? '…' : '')
}

/** Where so many characters end, never inside one. */
function endOf(text: string, charactersMax: number): number {
  let end = 0
  let count = 0
  for (const character of text) {
    if (count >= charactersMax) break
    count += 1
    end += character.length
  }
  return end
}
