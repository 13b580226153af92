import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { closeOrganization, renameOrganization, reopenOrganization } from '../../api/organizations.ts'
import type { Organization } from '../../api/organizations.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'

const nameCharactersMax = 200

interface OrganizationDialogProps {
  readonly organization: Organization
  readonly onClose: () => void
}

/** A change of an organisation; the list, and who one is in it, are asked for again, then the dialog goes. */
function useChange(change: () => Promise<Organization>, onClose: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['organizations'] }),
        client.invalidateQueries({ queryKey: ['me'] }),
      ])
      onClose()
    },
  })
}

export function RenameDialog({ organization, onClose }: OrganizationDialogProps) {
  const text = useText().organizations
  const [name, setName] = useState(organization.name)
  const rename = useChange(() => renameOrganization(organization.id, name.trim()), onClose)
  return (
    <AskDialog
      title={text.renameTitle}
      doing={text.save}
      pending={rename.isPending}
      disabled={name.trim() === ''}
      error={rename.error}
      onDo={() => rename.mutate()}
      onClose={onClose}
    >
      <Labelled label={text.name}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            maxLength={nameCharactersMax}
            value={name}
            onChange={(event) => setName(event.target.value)}
            className="field"
          />
        )}
      </Labelled>
    </AskDialog>
  )
}

export function CloseDialog({ organization, onClose }: OrganizationDialogProps) {
  const text = useText().organizations
  const close = useChange(() => closeOrganization(organization.id), onClose)
  return (
    <AskDialog
      title={text.closeTitle(visibleString(organization.name, 60))}
      doing={text.close}
      kind="grave"
      pending={close.isPending}
      error={close.error}
      onDo={() => close.mutate()}
      onClose={onClose}
    >
      <p>{text.closeHelp}</p>
    </AskDialog>
  )
}

export function ReopenDialog({ organization, onClose }: OrganizationDialogProps) {
  const text = useText().organizations
  const reopen = useChange(() => reopenOrganization(organization.id), onClose)
  return (
    <AskDialog
      title={text.reopenTitle(visibleString(organization.name, 60))}
      doing={text.reopen}
      pending={reopen.isPending}
      error={reopen.error}
      onDo={() => reopen.mutate()}
      onClose={onClose}
    >
      <p>{text.reopenHelp}</p>
    </AskDialog>
  )
}
