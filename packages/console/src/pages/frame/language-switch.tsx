import { dictionaries, languageTags, useLanguage } from '../../i18n/language.tsx'
import { languages } from '../../i18n/preferred-language.ts'

const short = { en: 'EN', zh: '中文' }

/** Each language names itself, so that one can find one's own from a foreign one. */
export function LanguageSwitch() {
  const { language, text, choose } = useLanguage()
  return (
    <div role="group" aria-label={text.language.choose} className="flex rounded-md border border-line">
      {languages.map((each) => (
        <button
          key={each}
          type="button"
          lang={languageTags[each]}
          aria-label={dictionaries[each].language.name}
          aria-pressed={each === language}
          onClick={() => choose(each)}
          className="min-h-9 min-w-10 rounded-md px-2 text-sm font-semibold text-muted hover:text-ink aria-pressed:bg-wash aria-pressed:text-accent"
        >
          {short[each]}
        </button>
      ))}
    </div>
  )
}
