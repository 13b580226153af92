import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { addPasskey, removePasskey, renamePasskey } from '../../api/passkeys.ts'
import type { Passkey } from '../../api/passkeys.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { NameField } from './name-field.tsx'
import { PasskeyProblem } from './passkey-problem.tsx'

interface CloseProps {
  readonly onClose: () => void
}

interface PasskeyDialogProps extends CloseProps {
  readonly passkey: Passkey
}

/** A change of the passkeys; the list is asked for again, then the dialog goes. */
function useChange<Input>(change: (input: Input) => Promise<unknown>, onClose: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['passkeys'] })
      onClose()
    },
  })
}

export function AddPasskeyDialog({ onClose }: CloseProps) {
  const text = useText().passkeys
  const [name, setName] = useState('')
  const add = useChange(addPasskey, onClose)
  return (
    <AskDialog
      title={text.addTitle}
      doing={add.isPending ? text.adding : text.add}
      pending={add.isPending}
      disabled={name.trim() === ''}
      problem={add.error === null ? undefined : <PasskeyProblem error={add.error} />}
      onDo={() => add.mutate(name.trim())}
      onClose={onClose}
    >
      <p className="mb-4">{text.addHelp}</p>
      <NameField name={name} example={text.nameExample} onName={setName} />
    </AskDialog>
  )
}

export function RenamePasskeyDialog({ passkey, onClose }: PasskeyDialogProps) {
  const text = useText().passkeys
  const [name, setName] = useState(passkey.name)
  const rename = useChange((to: string) => renamePasskey(passkey.id, to), onClose)
  return (
    <AskDialog
      title={text.renameTitle}
      doing={text.save}
      pending={rename.isPending}
      disabled={name.trim() === ''}
      error={rename.error}
      onDo={() => rename.mutate(name.trim())}
      onClose={onClose}
    >
      <NameField name={name} onName={setName} />
    </AskDialog>
  )
}

interface RemovePasskeyDialogProps extends PasskeyDialogProps {
  readonly isLast: boolean
}

export function RemovePasskeyDialog({ passkey, isLast, onClose }: RemovePasskeyDialogProps) {
  const text = useText().passkeys
  const remove = useChange(() => removePasskey(passkey.id), onClose)
  return (
    <AskDialog
      title={text.removeTitle(visibleString(passkey.name, 60))}
      doing={text.remove}
      kind="grave"
      pending={remove.isPending}
      error={remove.error}
      onDo={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>{text.removeHelp}</p>
      {isLast && <p className="mt-3 font-semibold text-danger">{text.removeLast}</p>}
    </AskDialog>
  )
}
