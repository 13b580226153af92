import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { exportAssetRegister, exportRecord } from '../../api/formats.ts'
import type { ExportFormat, ExportedRecord } from '../../api/formats.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { Tick } from '../../ui/tick.tsx'
import { downloadText } from '../receipts/download.ts'

const formats: readonly ExportFormat[] = ['a2a', 'mcp', 'acs', 'anp', 'ard', 'ai-catalog', 'gbz185', 'tc260']
/** Of what is written; the download has all of it. */
const shownCharacters = 20_000

interface ExportDialogProps {
  /** Left out: all records of the organisation, in the asset register. */
  readonly slug?: string
  readonly onClose: () => void
}

/** Writes a record in a format of others, and says what that format has no place for. */
export function ExportDialog({ slug, onClose }: ExportDialogProps) {
  const text = useText().exporting
  const [format, setFormat] = useState<ExportFormat>(slug === undefined ? 'tc260' : 'a2a')
  const [addresses, setAddresses] = useState<'own' | 'node'>('own')
  const [asTable, setAsTable] = useState(false)
  const isRegister = format === 'tc260'
  const write = useMutation({
    mutationFn: async () => {
      const as = isRegister && asTable ? ('csv' as const) : undefined
      if (slug === undefined) return await exportAssetRegister(as)
      return await exportRecord(slug, {
        format,
        ...(as === undefined ? {} : { as }),
        ...(isRegister ? {} : { addresses }),
      })
    },
  })
  if (write.data !== undefined)
    return <Written name={`${slug ?? 'register'}-${format}`} exported={write.data} onClose={onClose} />
  return (
    <AskDialog
      title={slug === undefined ? text.registerTitle : text.title}
      doing={text.do}
      pending={write.isPending}
      error={write.error}
      onDo={() => write.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{slug === undefined ? text.registerHelp : text.help}</p>
      {slug !== undefined && <FormatField format={format} onFormat={setFormat} />}
      {isRegister ? (
        <Tick state={asTable} onTick={setAsTable}>
          {text.table}
        </Tick>
      ) : (
        <Labelled label={text.addresses}>
          {(names) => (
            <select
              {...names}
              value={addresses}
              onChange={(event) => setAddresses(event.target.value === 'node' ? 'node' : 'own')}
              className="field"
            >
              <option value="own">{text.own}</option>
              <option value="node">{text.node}</option>
            </select>
          )}
        </Labelled>
      )}
    </AskDialog>
  )
}

interface FormatFieldProps {
  readonly format: ExportFormat
  readonly onFormat: (format: ExportFormat) => void
}

function FormatField({ format, onFormat }: FormatFieldProps) {
  const text = useText().exporting
  return (
    <Labelled label={text.format}>
      {(names) => (
        <select
          {...names}
          value={format}
          onChange={(event) => {
            const chosen = formats.find((each) => each === event.target.value)
            if (chosen !== undefined) onFormat(chosen)
          }}
          className="field"
        >
          {formats.map((each) => (
            <option key={each} value={each}>
              {text.formats[each]}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  )
}

interface WrittenProps {
  readonly name: string
  readonly exported: ExportedRecord
  readonly onClose: () => void
}

function Written({ name, exported: { document: written, csv, losses }, onClose }: WrittenProps) {
  const text = useText()
  const content = csv ?? JSON.stringify(written, undefined, 2)
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.exporting.title}
      actions={
        <>
          <Button onClick={onClose}>{text.common.close}</Button>
          <Button
            kind="primary"
            onClick={() => downloadText(`${name}.${csv === undefined ? 'json' : 'csv'}`, content)}
          >
            {text.exporting.download}
          </Button>
        </>
      }
    >
      {losses.length === 0 ? (
        <p className="mb-3 text-sm text-muted">{text.exporting.noLosses}</p>
      ) : (
        <details className="mb-3 rounded-md bg-warn-wash px-4 py-2">
          <summary className="font-semibold text-warn">{text.exporting.losses(losses.length)}</summary>
          <ul className="mt-1 list-disc pl-5 text-sm">
            {losses.map((loss) => (
              <li key={loss}>
                <ForeignText charactersMax={300}>{loss}</ForeignText>
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className="rounded-md bg-sunken">
        <div className="flex justify-end px-2 pt-2">
          <CopyButton value={content} />
        </div>
        <pre className="max-h-80 overflow-y-auto px-4 pb-4 font-mono text-xs leading-4 whitespace-pre-wrap">
          <ForeignText charactersMax={shownCharacters}>{content}</ForeignText>
        </pre>
      </div>
    </Dialog>
  )
}
