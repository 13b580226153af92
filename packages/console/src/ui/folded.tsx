import { useState } from 'react'
import type { ReactNode } from 'react'
import { useText } from '../i18n/language.tsx'
import { Button } from './button.tsx'

interface FoldedProps<Item> {
  readonly items: readonly Item[]
  /** Shown while folded; one more than that is shown rather than folded away. */
  readonly shown: number
  /** The list itself, of the items that are shown. */
  readonly children: (items: readonly Item[]) => ReactNode
}

/** A list that may be long: its beginning, and the rest on request. */
export function Folded<Item>({ items, shown, children }: FoldedProps<Item>) {
  const text = useText().glance
  const [open, setOpen] = useState(false)
  if (items.length <= shown + 1) return children(items)
  return (
    <>
      {children(open ? items : items.slice(0, shown))}
      <Button
        size="small"
        kind="quiet"
        className="mt-2"
        aria-expanded={open}
        onClick={() => setOpen((now) => !now)}
      >
        {open ? text.showLess : text.showAll(items.length)}
      </Button>
    </>
  )
}
