/** Cuts at a character, not inside one, and says how much there was. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text
  return `${text.slice(0, charactersMax).toWellFormed()}… (${text.length})`
}
