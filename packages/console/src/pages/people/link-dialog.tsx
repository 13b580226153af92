import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { makeSignInLink } from '../../api/identity.ts'
import type { Person } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LinkPanel } from './link-panel.tsx'

interface LinkDialogProps {
  readonly person: Person
  readonly onClose: () => void
}

/** Makes a new link for a person as it opens, once, and shows it. */
export function LinkDialog({ person, onClose }: LinkDialogProps) {
  const text = useText()
  const { data, error, mutate } = useMutation({ mutationFn: () => makeSignInLink(person.id), gcTime: 0 })
  const asked = useRef(false)
  useEffect(() => {
    if (asked.current) return
    asked.current = true
    mutate()
  }, [mutate])
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.signInLink.title(visibleString(person.name, 60))}
      actions={<Button onClick={onClose}>{text.common.close}</Button>}
    >
      {data !== undefined && <LinkPanel link={data} help={text.signInLink.help} />}
      {error !== null && <Problem error={error} />}
      {data === undefined && error === null && <p className="text-muted">{text.common.loading}</p>}
    </Dialog>
  )
}
