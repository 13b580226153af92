import { useRef } from 'react'
import type { DragEvent } from 'react'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Labelled } from '../../ui/labelled.tsx'

/** Of a larger file only the beginning is read, which is enough to say that it is too long. */
const fileBytesMax = 64 * 1024 * 1024

interface DropFieldProps {
  readonly label: string
  readonly help: string
  readonly value: string
  readonly onChange: (text: string) => void
  readonly rows: number
}

/** A field to paste into, to drop a file on, or to choose a file for. Nothing leaves the browser. */
export function DropField({ label, help, value, onChange, rows }: DropFieldProps) {
  const text = useText()
  const chooser = useRef<HTMLInputElement>(null)
  async function take(file: File | null | undefined): Promise<void> {
    if (file === null || file === undefined) return
    onChange(await file.slice(0, fileBytesMax).text())
  }
  function dropped(event: DragEvent): void {
    const file = event.dataTransfer.files.item(0)
    if (file === null) return
    event.preventDefault()
    void take(file)
  }
  return (
    <div onDrop={dropped} onDragOver={(event) => event.preventDefault()}>
      <Labelled label={label} help={help}>
        {(names) => (
          <textarea
            {...names}
            value={value}
            rows={rows}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onChange(event.target.value)}
            className="field font-mono text-[0.8125rem] leading-5"
          />
        )}
      </Labelled>
      <Button
        size="small"
        onClick={() => chooser.current?.click()}
        aria-label={`${label}: ${text.verify.choose}`}
      >
        {text.verify.choose}
      </Button>
      <input
        ref={chooser}
        type="file"
        hidden
        onChange={(event) => {
          void take(event.target.files?.item(0))
          event.target.value = ''
        }}
      />
    </div>
  )
}
