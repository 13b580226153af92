import { useEffect, useRef, useState } from 'react'
import type { ApprovalCard } from '../../api/approval-types.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { visibleString } from '../../ui/visible-text.ts'

/** Says each new request aloud, once. */
export function Announcement({ cards }: { readonly cards: readonly ApprovalCard[] }) {
  const { language, text } = useLanguage()
  const heard = useRef<ReadonlySet<string> | undefined>(undefined)
  const [words, setWords] = useState('')
  useEffect(() => {
    const known = heard.current
    const fresh = known === undefined ? [] : cards.filter((card) => !known.has(card.id))
    heard.current = new Set(cards.map((card) => card.id))
    const first = fresh[0]
    if (first !== undefined) setWords(text.approvals.arrived(visibleString(first.sentence[language], 300)))
  }, [cards, language, text])
  return (
    <p aria-live="assertive" className="sr-only">
      {words}
    </p>
  )
}
