import { useId } from 'react'
import type { ReactNode } from 'react'

interface DayGroupProps {
  readonly title: string
  readonly children: ReactNode
}

/** One day of the feed. */
export function DayGroup({ title, children }: DayGroupProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="mb-8">
      <h2 id={id} className="mb-2.5 text-lg font-bold tracking-tight">
        {title}
      </h2>
      <ul className="panel divide-y divide-line">{children}</ul>
    </section>
  )
}
