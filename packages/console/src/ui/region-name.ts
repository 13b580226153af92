import { languageTags } from '../i18n/language.tsx'
import type { Language } from '../i18n/preferred-language.ts'
import { visibleString } from './visible-text.ts'

/** A country by its name in the reader's language where it is said by its code, else as it is said. */
export function regionName(said: string, language: Language): string {
  if (!/^[A-Z]{2}$/.test(said)) return visibleString(said, 60)
  return new Intl.DisplayNames(languageTags[language], { type: 'region' }).of(said) ?? said
}
