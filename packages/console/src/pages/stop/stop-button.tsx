import { useEffect, useState } from 'react'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import type { StopSubject } from './stop-choice.ts'
import { StopDialog } from './stop-dialog.tsx'

const any: StopSubject = { kind: 'any' }

/** The red button of the frame: one tap, or its keys, wherever one is. */
export function StopButton() {
  const text = useText()
  const [open, setOpen] = useState(false)
  useEffect(() => {
    function press(event: KeyboardEvent): void {
      // By the key's place: with Alt some layouts write another letter.
      if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey || event.code !== 'KeyS') return
      event.preventDefault()
      setOpen(true)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  return (
    <>
      <button
        type="button"
        aria-label={text.stop.buttonLabel}
        aria-keyshortcuts={text.stop.shortcut}
        title={`${text.stop.buttonLabel} (${text.stop.shortcut})`}
        onClick={() => setOpen(true)}
        className="inline-flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-md bg-danger px-3 font-bold whitespace-nowrap text-surface hover:opacity-90 max-sm:px-0"
      >
        <svg viewBox="0 0 20 20" aria-hidden="true" className="size-4.5 fill-current">
          <path d="M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z" />
        </svg>
        <span className="max-sm:sr-only">{text.stop.button}</span>
      </button>
      {open && <StopDialog subject={any} onClose={() => setOpen(false)} />}
    </>
  )
}

interface StopOneProps {
  readonly subject: StopSubject
  readonly word: string
}

/** Stops one agent or one mandate, from its own page. */
export function StopOne({ subject, word }: StopOneProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button kind="danger" className="self-start" onClick={() => setOpen(true)}>
        {word}
      </Button>
      {open && <StopDialog subject={subject} onClose={() => setOpen(false)} />}
    </>
  )
}
