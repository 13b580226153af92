import type { ReactNode } from 'react'

export type Tone = 'ok' | 'warn' | 'danger' | 'quiet' | 'accent'

const washes: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-wash text-ok',
  warn: 'bg-warn-wash text-warn',
  danger: 'bg-danger-wash text-danger',
  quiet: 'bg-quiet-wash text-quiet',
  accent: 'bg-wash text-accent',
}

const dots: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok',
  warn: 'bg-warn',
  danger: 'bg-danger',
  quiet: 'bg-edge',
  accent: 'bg-accent',
}

interface TagProps {
  readonly tone?: Tone
  readonly children: ReactNode
}

/** A short fact. The words carry the meaning; the colour only repeats it. */
export function Tag({ tone = 'quiet', children }: TagProps) {
  return (
    <span
      className={`inline-flex max-w-full items-center rounded-sm px-2 py-0.5 text-[0.8125rem] leading-5 font-semibold ${washes[tone]}`}
    >
      {children}
    </span>
  )
}

/** A state: a dot and its word. */
export function StateLabel({ tone = 'quiet', children }: TagProps) {
  return (
    <span className="inline-flex items-center gap-2 text-sm font-semibold whitespace-nowrap">
      <span aria-hidden="true" className={`size-2.5 rounded-full ${dots[tone]}`} />
      {children}
    </span>
  )
}
