import { useId } from 'react'
import type { ReactNode } from 'react'

/** What the control of a labelled field takes. */
export interface ControlNames {
  readonly id: string
  readonly 'aria-describedby': string
}

interface LabelledProps {
  readonly label: ReactNode
  readonly help?: string | undefined
  readonly wrong?: string | undefined
  readonly children: (names: ControlNames) => ReactNode
}

/** A control with its label above it, and help or what is wrong below. */
export function Labelled({ label, help, wrong, children }: LabelledProps) {
  const id = useId()
  const helpId = useId()
  return (
    <div className="mb-4 min-w-0">
      <label htmlFor={id} className="small-label mb-1 block">
        {label}
      </label>
      {children({ id, 'aria-describedby': helpId })}
      <div id={helpId} className="mt-1 text-sm">
        {wrong === undefined ? (
          help !== undefined && <p className="text-muted">{help}</p>
        ) : (
          <p role="alert" className="font-semibold text-danger">
            {wrong}
          </p>
        )}
      </div>
    </div>
  )
}
