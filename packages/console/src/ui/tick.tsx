import type { ReactNode } from 'react'

interface TickProps {
  /** `some`: part of what it stands for is ticked. */
  readonly state: boolean | 'some'
  readonly label?: string
  readonly onTick: (ticked: boolean) => void
  readonly children: ReactNode
}

/** A box to tick, with what it stands for beside it. */
export function Tick({ state, label, onTick, children }: TickProps) {
  return (
    <label className="flex min-h-11 min-w-0 grow items-center gap-3">
      <input
        type="checkbox"
        ref={(box) => {
          if (box !== null) box.indeterminate = state === 'some'
        }}
        checked={state === true}
        {...(label === undefined ? {} : { 'aria-label': label })}
        onChange={(event) => onTick(event.target.checked)}
        className="size-5 shrink-0 accent-accent"
      />
      {children}
    </label>
  )
}
