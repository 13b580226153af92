import { languageTags } from '../../i18n/language.tsx'
import type { Language } from '../../i18n/preferred-language.ts'

const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** A sentence of the node with its instants in the reader's own form and zone. */
export function withLocalTimes(sentence: string, language: Language): string {
  const format = new Intl.DateTimeFormat(languageTags[language], {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return sentence.replace(instant, (text) => {
    const ms = Date.parse(text)
    return Number.isNaN(ms) ? text : format.format(ms)
  })
}
