import type { Format } from '@ambit/core/format'
import type { AgentRecord, LanguageText } from '@ambit/core/record'

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

/** The version of a record for what a document calls its version; 1.0.0 for what is no semantic version. */
export function semanticVersion(said: string | undefined): string {
  return said !== undefined && semver.test(said) ? said : '1.0.0'
}

/** The version as a document wrote it, as long as the record still has the one that was made of it. */
export function versionOf(record: Pick<AgentRecord, 'version' | 'foreign'>, format: Format): string {
  const said = record.foreign?.[format]?.['version']
  const isSame =
    typeof said === 'string' && withoutBuild(semanticVersion(said)) === withoutBuild(record.version)
  return isSame ? said : record.version
}

/** What counts of a semantic version (SemVer 2.0.0, section 10): another document under the same number has another build. */
function withoutBuild(version: string): string {
  return version.split('+', 1)[0]!
}

/** Text with Han characters is filed as Chinese, any other as English; an empty one is none. */
export function inLanguage(text: string): LanguageText {
  if (text === '') return {}
  return /\p{Script=Han}/u.test(text) ? { zh: text } : { en: text }
}

/** The one text for a format that holds one. */
export function textIn(text: LanguageText, first: 'en' | 'zh'): string {
  return (first === 'en' ? (text.en ?? text.zh) : (text.zh ?? text.en)) ?? ''
}

/** Cut between characters, and said to be cut. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text
  return `${text
    .slice(0, charactersMax - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()}…`
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
