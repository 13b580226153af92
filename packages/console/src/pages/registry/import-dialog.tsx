import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { importDescription, previewImport } from '../../api/formats.ts'
import type { Description, ImportResult } from '../../api/formats.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { Problem } from '../../ui/problem.tsx'
import { DropField } from '../verify/drop-field.tsx'
import { describedBy } from './described-by.ts'
import { ImportResults } from './import-results.tsx'

/** Reads a description in a format of others, shows the draft that it would be, and keeps it when told to. */
export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText().importing
  const [source, setSource] = useState('')
  const [url, setUrl] = useState('')
  const given = describedBy(source, url)
  const read = useMutation({ mutationFn: previewImport })
  if (read.data !== undefined && given !== undefined && given !== 'not-json')
    return <Previewed given={given} results={read.data} onBack={() => read.reset()} onClose={onClose} />
  return (
    <AskDialog
      title={text.title}
      doing={read.isPending ? text.reading : text.read}
      pending={read.isPending}
      disabled={given === undefined || given === 'not-json'}
      error={read.error}
      onDo={() => {
        if (given !== undefined && given !== 'not-json') read.mutate(given)
      }}
      onClose={onClose}
    >
      <p className="mb-4 text-muted">{text.help}</p>
      <DropField
        label={text.document}
        help={text.documentHelp}
        value={source}
        onChange={setSource}
        rows={7}
      />
      {given === 'not-json' && (
        <p role="alert" className="mt-1 text-sm font-semibold text-danger">
          {text.notJson}
        </p>
      )}
      <div className="mt-4">
        <Labelled label={text.url}>
          {(names) => (
            <input
              {...names}
              type="url"
              inputMode="url"
              autoComplete="off"
              maxLength={2000}
              disabled={source.trim() !== ''}
              value={url}
              onChange={(event) => setUrl(event.target.value)}
              placeholder="https://"
              className="field"
            />
          )}
        </Labelled>
      </div>
    </AskDialog>
  )
}

interface PreviewedProps {
  readonly given: Description
  readonly results: readonly ImportResult[]
  readonly onBack: () => void
  readonly onClose: () => void
}

function Previewed({ given, results, onBack, onClose }: PreviewedProps) {
  const text = useText()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [slug, setSlug] = useState('')
  const good = results.filter(({ ok }) => ok).length
  const keep = useMutation({
    mutationFn: () => importDescription(given, slug.trim()),
    onSuccess: async (kept) => {
      await client.invalidateQueries({ queryKey: ['records'] })
      const [only] = kept
      if (kept.length === 1 && only?.slug !== undefined)
        await navigate({ to: '/registry/$slug', params: { slug: only.slug } })
    },
  })
  if (keep.data !== undefined)
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={text.importing.kept}
        actions={<Button onClick={onClose}>{text.common.close}</Button>}
      >
        <ImportResults results={keep.data} />
      </Dialog>
    )
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.importing.drafts(good)}
      actions={
        <>
          <Button onClick={onBack}>{text.importing.back}</Button>
          {good > 0 && (
            <Button kind="primary" disabled={keep.isPending} onClick={() => keep.mutate()}>
              {text.importing.keep(good)}
            </Button>
          )}
        </>
      }
    >
      <p className="mb-3 font-semibold">{text.importing.notKept}</p>
      <ImportResults results={results} />
      {results.length === 1 && good === 1 && (
        <div className="mt-4">
          <Labelled label={`${text.registry.slug} (${text.common.optional})`} help={text.registry.slugHelp}>
            {(names) => (
              <input
                {...names}
                autoComplete="off"
                autoCapitalize="none"
                maxLength={63}
                value={slug}
                onChange={(event) => setSlug(event.target.value)}
                className="field font-mono"
              />
            )}
          </Labelled>
        </div>
      )}
      {keep.error !== null && <Problem error={keep.error} />}
    </Dialog>
  )
}
