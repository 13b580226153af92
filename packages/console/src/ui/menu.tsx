import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'

interface MenuProps {
  /** What opens it: an element that takes the properties of a button. */
  readonly trigger: ReactElement
  readonly children: ReactNode
}

/** A few ways to go on, behind a button. */
export function Menu({ trigger, children }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={6} className="z-40">
          <Base.Popup className="arrives min-w-60 rounded-lg border border-line bg-surface py-1.5 text-ink shadow-lg outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

const itemClass =
  'flex min-h-11 w-full items-center px-4 text-left font-semibold outline-none data-highlighted:bg-wash data-highlighted:text-accent'

interface MenuItemProps {
  readonly onClick?: () => void
  /** In place of a plain item, e.g. a link. */
  readonly render?: ReactElement
  readonly children: ReactNode
}

export function MenuItem({ onClick, render, children }: MenuItemProps) {
  return (
    <Base.Item
      className={itemClass}
      {...(onClick === undefined ? {} : { onClick })}
      {...(render === undefined ? {} : { render })}
    >
      {children}
    </Base.Item>
  )
}
