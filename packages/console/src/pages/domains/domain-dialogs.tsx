import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { claimDomain, removeDomain } from '../../api/domains.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'

export function ClaimDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText().domains
  const client = useQueryClient()
  const [domain, setDomain] = useState('')
  const claim = useMutation({
    mutationFn: () => claimDomain(domain.trim()),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['domains'] })
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.claim}
      doing={text.claimDo}
      pending={claim.isPending}
      disabled={domain.trim() === ''}
      error={claim.error}
      onDo={() => claim.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.claimHelp}</p>
      <Labelled label={text.name} help={text.nameHelp}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            inputMode="url"
            maxLength={253}
            value={domain}
            onChange={(event) => setDomain(event.target.value)}
            className="field"
          />
        )}
      </Labelled>
    </AskDialog>
  )
}

interface RemoveDialogProps {
  readonly domain: string
  readonly onClose: () => void
}

export function RemoveDialog({ domain, onClose }: RemoveDialogProps) {
  const text = useText().domains
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => removeDomain(domain),
    onSuccess: async () => {
      await Promise.all(
        ['domains', 'record', 'records'].map((key) => client.invalidateQueries({ queryKey: [key] })),
      )
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.removeTitle(visibleString(domain, 253))}
      doing={text.remove}
      kind="grave"
      pending={remove.isPending}
      error={remove.error}
      onDo={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{text.removeHelp}</p>
    </AskDialog>
  )
}
