import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { addOrganization } from '../../api/organizations.ts'
import type { NewOrganization } from '../../api/organizations.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LinkPanel } from '../people/link-panel.tsx'

/** As the node has it. */
const idForm = /^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/
const nameCharactersMax = 200

/** Adds an organisation, then shows the link of its first owner, once. */
export function AddOrganizationDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText()
  const words = text.organizations
  const client = useQueryClient()
  const [form, setForm] = useState<NewOrganization>({ id: '', name: '', owner: '' })
  const change = (part: Partial<NewOrganization>) => setForm({ ...form, ...part })
  const add = useMutation({
    mutationFn: () => addOrganization({ id: form.id, name: form.name.trim(), owner: form.owner.trim() }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['organizations'] }),
    gcTime: 0,
  })
  if (add.data !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={words.linkTitle(visibleString(add.data.organization.name, 60))}
        actions={<Button onClick={onClose}>{text.common.close}</Button>}
      >
        <LinkPanel link={add.data} help={words.linkHelp} />
      </Dialog>
    )
  }
  const wrongId = form.id !== '' && !idForm.test(form.id)
  return (
    <AskDialog
      title={words.add}
      doing={words.addDo}
      pending={add.isPending}
      disabled={!idForm.test(form.id) || form.name.trim() === '' || form.owner.trim() === ''}
      error={add.error}
      onDo={() => add.mutate()}
      onClose={onClose}
    >
      <Field label={words.name} value={form.name} onValue={(name) => change({ name })} />
      <Field
        label={words.id}
        help={words.idHelp}
        wrong={wrongId ? words.idWrong : undefined}
        look="font-mono"
        value={form.id}
        onValue={(id) => change({ id })}
      />
      <Field
        label={words.owner}
        help={words.ownerHelp}
        value={form.owner}
        onValue={(owner) => change({ owner })}
      />
    </AskDialog>
  )
}

interface FieldProps {
  readonly label: string
  readonly help?: string
  readonly wrong?: string | undefined
  readonly look?: string
  readonly value: string
  readonly onValue: (value: string) => void
}

function Field({ label, help, wrong, look = '', value, onValue }: FieldProps) {
  return (
    <Labelled label={label} help={help} wrong={wrong}>
      {(names) => (
        <input
          {...names}
          autoComplete="off"
          autoCapitalize="off"
          maxLength={nameCharactersMax}
          aria-invalid={wrong !== undefined}
          value={value}
          onChange={(event) => onValue(event.target.value)}
          className={`field ${look}`}
        />
      )}
    </Labelled>
  )
}
