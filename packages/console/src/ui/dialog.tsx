import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode, RefObject } from 'react'

interface DialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: ReactNode
  readonly children: ReactNode
  /** The button row. */
  readonly actions: ReactNode
  /** What has the focus at first; left out: what comes first. */
  readonly initialFocus?: RefObject<HTMLElement | null>
}

/** A dialog: a sheet from below on a phone, a panel in the middle elsewhere. Escape and the backdrop close it. */
export function Dialog({ open, onOpenChange, title, children, actions, initialFocus }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Base.Popup
          {...(initialFocus === undefined ? {} : { initialFocus })}
          className="arrives fixed inset-x-0 bottom-0 z-50 flex max-h-[92dvh] flex-col rounded-t-xl border border-line bg-surface text-ink sm:inset-x-4 sm:top-[8dvh] sm:bottom-auto sm:mx-auto sm:max-h-[84dvh] sm:max-w-xl sm:rounded-xl"
        >
          <Base.Title className="px-5 pt-5 pb-3 text-xl font-bold tracking-tight sm:px-7 sm:pt-7">
            {title}
          </Base.Title>
          <div className="min-h-0 grow overflow-y-auto px-5 sm:px-7">{children}</div>
          <div className="flex flex-col-reverse gap-2 p-5 sm:flex-row sm:justify-end sm:px-7 sm:pb-6">
            {actions}
          </div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
