import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { addWebhook } from '../../api/channels.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { NameField } from './name-field.tsx'
import { SecretOnce } from './secret-once.tsx'

/** Adds an address that is told, then shows the secret of its signatures, once. */
export function WebhookDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText()
  const words = text.channels
  const client = useQueryClient()
  const [label, setLabel] = useState('')
  const [url, setUrl] = useState('')
  const add = useMutation({
    mutationFn: () => addWebhook({ url: url.trim(), label: label.trim() }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['channels'] }),
    // The secret leaves the memory of the page when it is no longer shown.
    gcTime: 0,
  })
  if (add.data !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={visibleString(add.data.label, 60)}
        actions={<Button onClick={onClose}>{text.common.close}</Button>}
      >
        <SecretOnce help={words.secretOnce} secret={add.data.secret} />
      </Dialog>
    )
  }
  return (
    <AskDialog
      title={words.webhookTitle}
      doing={words.webhook}
      pending={add.isPending}
      disabled={label.trim() === '' || url.trim() === ''}
      error={add.error}
      onDo={() => add.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{words.webhookHelp}</p>
      <NameField name={label} charactersMax={100} onName={setLabel} />
      <Labelled label={words.address}>
        {(names) => (
          <input
            {...names}
            type="url"
            autoComplete="off"
            maxLength={2000}
            placeholder="https://…"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            className="field"
          />
        )}
      </Labelled>
    </AskDialog>
  )
}
