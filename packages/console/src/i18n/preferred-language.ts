export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

/** The first of the browser's languages that the console speaks, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const main = tag.toLowerCase().split('-')[0]
    const match = languages.find((each) => each === main)
    if (match !== undefined) return match
  }
  return 'en'
}
