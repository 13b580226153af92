import type { RuleTerms } from '../../api/rules.ts'
import { languageTags, useLanguage } from '../../i18n/language.tsx'
import { Tag } from '../../ui/tag.tsx'
import type { Tone } from '../../ui/tag.tsx'
import { decisionWords, whereParts } from './rule-words.ts'

const tones: Readonly<Record<RuleTerms['decision'], Tone>> = { ask: 'accent', user: 'warn', refuse: 'danger' }

/** A rule as a sentence: where it applies, and what is decided there. */
export function RuleSentence({ terms }: { readonly terms: RuleTerms }) {
  const { language, text } = useLanguage()
  return (
    <p className="leading-7">
      {whereParts(terms, text, languageTags[language]).map((part, at) =>
        part.foreign === true ? (
          <bdi key={at} className="rounded-sm bg-sunken px-1.5 py-0.5 font-mono text-[0.875em] font-semibold">
            {part.text}
          </bdi>
        ) : (
          part.text
        ),
      )}{' '}
      <span aria-hidden="true" className="text-muted">
        →
      </span>{' '}
      <Tag tone={tones[terms.decision]}>{decisionWords(terms, text)}</Tag>
    </p>
  )
}
