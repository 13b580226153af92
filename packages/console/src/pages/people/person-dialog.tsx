import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { addPerson, changePerson } from '../../api/identity.ts'
import type { Person, RoleName, SignInLink } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LinkPanel } from './link-panel.tsx'

const nameCharactersMax = 200

export const roleNames = ['owner', 'operator', 'approver', 'auditor'] as const satisfies readonly RoleName[]

interface PersonDialogProps {
  /** Left out: a new person. */
  readonly person?: Person
  readonly onClose: () => void
}

/** Adds a person, then shows their link; or changes the name and roles of one. */
export function PersonDialog({ person, onClose }: PersonDialogProps) {
  const text = useText()
  const client = useQueryClient()
  const formId = useId()
  const [name, setName] = useState(person?.name ?? '')
  const [roles, setRoles] = useState<readonly RoleName[]>(person?.roles ?? ['approver'])
  const save = useMutation({
    mutationFn: async (): Promise<SignInLink | undefined> => {
      const said = { name: name.trim(), roles }
      if (person === undefined) return await addPerson(said)
      await changePerson(person.id, said)
      return undefined
    },
    onSuccess: async (link) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['people'] }),
        client.invalidateQueries({ queryKey: ['me'] }),
      ])
      if (link === undefined) onClose()
    },
    gcTime: 0,
  })
  const isNew = person === undefined
  const ready = name.trim() !== '' && (!isNew || roles.length > 0)
  if (save.data !== undefined) return <AddedDialog name={name} link={save.data} onClose={onClose} />
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={isNew ? text.people.add : text.people.editTitle}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" type="submit" form={formId} disabled={!ready || save.isPending}>
            {isNew ? text.people.addDo : text.people.save}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <NameField name={name} onName={setName} />
        <RoleFields roles={roles} onRoles={setRoles} />
        {!isNew && roles.length === 0 && (
          <p role="status" className="mt-3 font-semibold text-danger">
            {text.people.removes}
          </p>
        )}
        {save.error !== null && (
          <div className="mt-4">
            <Problem error={save.error} />
          </div>
        )}
      </form>
    </Dialog>
  )
}

interface AddedDialogProps {
  readonly name: string
  readonly link: SignInLink
  readonly onClose: () => void
}

function AddedDialog({ name, link, onClose }: AddedDialogProps) {
  const text = useText()
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.signInLink.title(visibleString(name.trim(), 60))}
      actions={<Button onClick={onClose}>{text.common.close}</Button>}
    >
      <LinkPanel link={link} help={text.signInLink.help} />
    </Dialog>
  )
}

function NameField({ name, onName }: { readonly name: string; readonly onName: (name: string) => void }) {
  const text = useText()
  const id = useId()
  return (
    <>
      <label htmlFor={id} className="small-label mb-1 block">
        {text.people.name}
      </label>
      <input
        id={id}
        required
        autoComplete="off"
        maxLength={nameCharactersMax}
        value={name}
        onChange={(event) => onName(event.target.value)}
        className="field"
      />
    </>
  )
}

interface RoleFieldsProps {
  readonly roles: readonly RoleName[]
  readonly onRoles: (roles: readonly RoleName[]) => void
}

function RoleFields({ roles, onRoles }: RoleFieldsProps) {
  const text = useText()
  return (
    <fieldset className="mt-5">
      <legend className="small-label mb-1">{text.people.roles}</legend>
      {roleNames.map((role) => (
        <label key={role} className="flex gap-3 py-2">
          <input
            type="checkbox"
            checked={roles.includes(role)}
            onChange={(event) =>
              onRoles(event.target.checked ? [...roles, role] : roles.filter((each) => each !== role))
            }
            className="mt-0.5 size-5 shrink-0 accent-accent"
          />
          <span>
            <span className="font-semibold">{text.roles[role]}</span>
            <span className="block text-sm text-muted">{text.people.rolesHelp[role]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
