import { ApiProblem } from '../api/call.ts'
import { useLanguage } from '../i18n/language.tsx'
import type { Dictionary } from '../i18n/en.ts'
import type { Language } from '../i18n/preferred-language.ts'
import { zhFaults } from '../i18n/zh-faults.ts'
import { Button } from './button.tsx'
import { visibleString } from './visible-text.ts'

interface ProblemProps {
  readonly error: unknown
  readonly onRetry?: (() => void) | undefined
}

/** A refusal in words: what was wrong, where, and what to do. */
export function Problem({ error, onRetry }: ProblemProps) {
  const { language, text } = useLanguage()
  const words = problemWords(error, language, text)
  return (
    <div role="alert" className="rounded-md border border-danger bg-danger-wash p-4">
      <p className="font-bold text-danger">{words.title}</p>
      {words.detail !== undefined && <p className="mt-1">{visibleString(words.detail, 600)}</p>}
      {words.where !== undefined && (
        <p className="mt-1 text-sm">
          {text.common.where}: <code className="font-mono">{visibleString(words.where, 200)}</code>
        </p>
      )}
      <p className="mt-1 text-sm">
        <span className="font-semibold">{text.common.whatToDo}: </span>
        {words.remedy}
      </p>
      {onRetry !== undefined && (
        <Button size="small" className="mt-3" onClick={onRetry}>
          {text.common.tryAgain}
        </Button>
      )}
    </div>
  )
}

interface ProblemWords {
  readonly title: string
  readonly detail: string | undefined
  readonly remedy: string
  readonly where?: string | undefined
}

function problemWords(error: unknown, language: Language, text: Dictionary): ProblemWords {
  if (!(error instanceof ApiProblem)) {
    const detail = error instanceof Error ? error.message : undefined
    return { title: text.offline.title, detail, remedy: text.offline.remedy }
  }
  if (error.status === 0) return text.offline
  const own = { title: error.title, detail: error.detail, remedy: error.remedy, where: error.where }
  const code = (Object.keys(zhFaults) as (keyof typeof zhFaults)[]).find((each) => each === error.code)
  const translated = code === undefined ? undefined : zhFaults[code]
  if (language !== 'zh' || translated === undefined) return own
  return { ...own, ...translated }
}
