import type { ReactNode } from 'react'
import { useText } from '../i18n/language.tsx'
import { Problem } from './problem.tsx'

interface LoadedProps<Data> {
  readonly query: {
    readonly data: Data | undefined
    readonly error: Error | null
    readonly refetch: () => Promise<unknown>
  }
  readonly children: (data: Data) => ReactNode
}

/** What a query brought; before that a quiet line, and instead of it the problem in words. */
export function Loaded<Data>({ query, children }: LoadedProps<Data>) {
  const text = useText()
  if (query.data !== undefined) {
    return (
      <>
        {query.error !== null && (
          <div className="mb-4">
            <Problem error={query.error} onRetry={() => void query.refetch()} />
          </div>
        )}
        {children(query.data)}
      </>
    )
  }
  if (query.error !== null) return <Problem error={query.error} onRetry={() => void query.refetch()} />
  return (
    <p role="status" className="py-10 text-muted">
      {text.common.loading}
    </p>
  )
}
