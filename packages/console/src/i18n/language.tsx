import { createContext, use, useEffect, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { en } from './en.ts'
import type { Dictionary } from './en.ts'
import { languages, preferredLanguage } from './preferred-language.ts'
import type { Language } from './preferred-language.ts'
import { zh } from './zh.ts'

export const dictionaries: Readonly<Record<Language, Dictionary>> = { en, zh }

/** What `lang` attributes and Intl are told. */
export const languageTags: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' }

const storageKey = 'ambit.language'

interface Languages {
  readonly language: Language
  readonly text: Dictionary
  readonly choose: (language: Language) => void
}

const Context = createContext<Languages | undefined>(undefined)

/** The language of the browser until the person chooses one; the choice is kept on the device. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(initialLanguage)
  useEffect(() => {
    document.documentElement.lang = languageTags[language]
  }, [language])
  const value = useMemo<Languages>(
    () => ({
      language,
      text: dictionaries[language],
      choose: (chosen) => {
        keepLanguage(chosen)
        setLanguage(chosen)
      },
    }),
    [language],
  )
  return <Context value={value}>{children}</Context>
}

export function useLanguage(): Languages {
  const value = use(Context)
  if (value === undefined) throw new Error('useLanguage outside LanguageProvider')
  return value
}

export function useText(): Dictionary {
  return useLanguage().text
}

function initialLanguage(): Language {
  const kept = languages.find((each) => each === keptLanguage())
  return kept ?? preferredLanguage(navigator.languages)
}

function keptLanguage(): string | null {
  try {
    return localStorage.getItem(storageKey)
  } catch {
    // Storage may be forbidden in this browser; then the browser's own language is used each time.
    return null
  }
}

function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(storageKey, language)
  } catch {
    // The choice then holds until the page is closed, which is all that a browser without storage can do.
  }
}
