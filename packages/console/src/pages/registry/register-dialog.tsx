import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { ApiProblem } from '../../api/call.ts'
import { registerRecord } from '../../api/records.ts'
import type { SignInAddress } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { emptyRegisterDraft, registrationOf } from './register-draft.ts'
import type { RegisterDraft, RegisterResult } from './register-draft.ts'
import { webAddress } from './web-address.ts'
import { AddressField, CommandFields, MoreFields } from './register-fields.tsx'

/** Makes a draft of a live agent or server, found by its address or started by its command. */
export function RegisterDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText()
  const formId = useId()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [draft, setDraft] = useState<RegisterDraft>(emptyRegisterDraft)
  const [result, setResult] = useState<RegisterResult>()
  const change = (part: Partial<RegisterDraft>) => setDraft((now) => ({ ...now, ...part }))
  const register = useMutation({
    mutationFn: registerRecord,
    onSuccess: async (view) => {
      await client.invalidateQueries({ queryKey: ['records'] })
      await navigate({ to: '/registry/$slug', params: { slug: view.summary.slug } })
    },
    // It may carry a credential.
    gcTime: 0,
  })

  function submit(): void {
    const read = registrationOf(draft)
    setResult(read)
    if (read.ok) register.mutate(read.registration)
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.registry.registerTitle}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" type="submit" form={formId} disabled={register.isPending}>
            {register.isPending ? text.registry.registering : text.registry.register}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <p className="mb-4 text-muted">{text.registry.registerHelp}</p>
        <Source draft={draft} onChange={change} />
        {draft.by === 'address' ? (
          <>
            <AddressField draft={draft} onChange={change} />
            <MoreFields draft={draft} onChange={change} />
          </>
        ) : (
          <CommandFields draft={draft} result={result} onChange={change} />
        )}
        {register.error !== null && (
          <div className="mb-4">
            <Problem error={register.error} />
            <SignInFirst error={register.error} />
          </div>
        )}
      </form>
    </Dialog>
  )
}

/** Where to sign in, where the server wants that first; in a page of its own, so that what was typed stays. */
function SignInFirst({ error }: { readonly error: unknown }) {
  const text = useText()
  if (!(error instanceof ApiProblem) || error.code !== 'record.sign-in') return null
  const { url } = error.members.get('signIn') as SignInAddress
  return (
    <p className="mt-3">
      <a href={webAddress(url)} target="_blank" rel="noreferrer" className={buttonClass({ kind: 'primary' })}>
        {text.serverSignIn.begin}
      </a>
    </p>
  )
}

interface SourceProps {
  readonly draft: RegisterDraft
  readonly onChange: (part: Partial<RegisterDraft>) => void
}

function Source({ draft, onChange }: SourceProps) {
  const text = useText()
  return (
    <div role="radiogroup" aria-label={text.registry.registerTitle} className="mb-5 grid grid-cols-2 gap-2">
      {(['address', 'command'] as const).map((each) => (
        <label
          key={each}
          className="flex min-h-11 items-center gap-2.5 rounded-md border border-edge px-3.5 font-semibold has-checked:border-accent has-checked:bg-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="source"
            checked={draft.by === each}
            onChange={() => onChange({ by: each })}
            className="size-4 accent-accent outline-none"
          />
          {text.registry.by[each]}
        </label>
      ))}
    </div>
  )
}
