import type { Ref } from 'react'
import { buttonClass } from '../../ui/button.tsx'
import type { ButtonLook } from '../../ui/button.tsx'

interface DecidingButtonProps extends ButtonLook {
  /** False: it stands there and does nothing yet. It keeps the focus, which a disabled button would lose. */
  readonly ready: boolean
  readonly onClick: () => void
  readonly describedBy?: string
  readonly buttonRef?: Ref<HTMLButtonElement>
  readonly className?: string
  readonly children: string
}

/** A button that decides something: only when it is ready, and never twice for one double click. */
export function DecidingButton(props: DecidingButtonProps) {
  const { ready, onClick, describedBy, buttonRef, className = '', children, ...look } = props
  return (
    <button
      type="button"
      ref={buttonRef}
      aria-disabled={!ready}
      aria-describedby={describedBy}
      onClick={(event) => {
        // The second click of a double click was not meant for what stands here now.
        if (ready && event.detail <= 1) onClick()
      }}
      className={`${buttonClass(look)} aria-disabled:cursor-default aria-disabled:opacity-55 ${className}`}
    >
      {children}
    </button>
  )
}
