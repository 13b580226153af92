import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { visibleString } from './visible-text.ts'

/** A title that is a sentence is set smaller than one that is a name. */
const longTitleCharacters = 36

interface PageProps {
  /** Also the title of the window. */
  readonly title: string
  readonly heading?: ReactNode
  readonly lead?: ReactNode
  readonly above?: ReactNode
  readonly actions?: ReactNode
  /** Things waiting, shown before the title of the window. */
  readonly waiting?: number
  readonly children: ReactNode
}

/** A page: its title takes the focus when the page is entered, so that a reader of the screen hears where they are. */
export function Page({ title, heading, lead, above, actions, waiting = 0, children }: PageProps) {
  const titleRef = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    titleRef.current?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    const name = visibleString(title, 80)
    document.title = waiting > 0 ? `(${waiting}) ${name} · Ambit` : `${name} · Ambit`
  }, [title, waiting])
  return (
    <>
      <header className="mb-5 flex flex-wrap items-end justify-between gap-x-8 gap-y-3 md:mb-9">
        <div className="max-w-3xl min-w-0">
          {above}
          <h1
            ref={titleRef}
            tabIndex={-1}
            data-page-title=""
            className={`leading-tight font-bold tracking-tight ${title.length > longTitleCharacters ? 'text-2xl md:text-3xl' : 'text-3xl md:text-[2.5rem]'}`}
          >
            {heading ?? title}
          </h1>
          {lead !== undefined && <div className="mt-1 text-muted md:mt-2 md:text-lg">{lead}</div>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-start gap-2">{actions}</div>}
      </header>
      {children}
    </>
  )
}

interface SectionProps {
  readonly title: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Section({ title, actions, children }: SectionProps) {
  return (
    <section className="mb-10">
      <div className="mb-3 flex min-h-9 flex-wrap items-center justify-between gap-3">
        <h2 className="text-xl font-bold tracking-tight">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  )
}

interface FactProps {
  readonly name: ReactNode
  readonly children: ReactNode
}

/** One line of a list of facts (`dl`). */
export function Fact({ name, children }: FactProps) {
  return (
    <div className="border-t border-line py-2.5 first:border-t-0">
      <dt className="small-label">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}
