import { createContext, use, useEffect, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { en } from './en.ts'
import type { Dictionary } from './en.ts'
import { zh } from './zh.ts'

export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

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

/** The first of the browser's languages that the console speaks, else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const main = tag.toLowerCase().split('-')[0]
    const match = languages.find((each) => each === main)
    if (match !== undefined) return match
  }
  return 'en'
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
