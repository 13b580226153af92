import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { registerRecord } from '../../api/records.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'

/** Makes a draft from the address of a live agent or server. */
export function RegisterDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText()
  const formId = useId()
  const fieldId = useId()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [url, setUrl] = useState('')
  const register = useMutation({
    mutationFn: registerRecord,
    onSuccess: async (view) => {
      await client.invalidateQueries({ queryKey: ['records'] })
      await navigate({ to: '/registry/$slug', params: { slug: view.summary.slug } })
    },
  })
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.registry.registerTitle}
      actions={
        <>
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" type="submit" form={formId} disabled={register.isPending}>
            {text.registry.register}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        onSubmit={(event) => {
          event.preventDefault()
          register.mutate(url.trim())
        }}
      >
        <p className="mb-4 text-muted">{text.registry.registerHelp}</p>
        <label htmlFor={fieldId} className="small-label mb-1 block">
          {text.registry.address}
        </label>
        <input
          id={fieldId}
          type="url"
          required
          inputMode="url"
          autoComplete="off"
          maxLength={2000}
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          placeholder="https://"
          className="field"
        />
        {register.error !== null && (
          <div className="mt-4">
            <Problem error={register.error} />
          </div>
        )}
      </form>
    </Dialog>
  )
}
