import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { makeToken } from '../../api/tokens.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { NameField } from './name-field.tsx'
import { SecretOnce } from './secret-once.tsx'

const lifetimesDays = [7, 30, 90, 365]

/** Asks for a name and an end, then shows the token, once. */
export function MakeTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const text = useText()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [days, setDays] = useState(90)
  const make = useMutation({
    mutationFn: () => makeToken(name.trim(), days),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
    // The token leaves the memory of the page when it is no longer shown.
    gcTime: 0,
  })
  if (make.data !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={visibleString(make.data.name, 60)}
        actions={<Button onClick={onClose}>{text.common.close}</Button>}
      >
        <SecretOnce help={text.tokens.once} secret={make.data.token} />
      </Dialog>
    )
  }
  return (
    <AskDialog
      title={text.tokens.make}
      doing={text.tokens.makeDo}
      pending={make.isPending}
      disabled={name.trim() === ''}
      error={make.error}
      onDo={() => make.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.tokens.makeHelp}</p>
      <NameField name={name} example={text.tokens.nameExample} onName={setName} />
      <Labelled label={text.tokens.life}>
        {(names) => (
          <select
            {...names}
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
            className="field"
          >
            {lifetimesDays.map((each) => (
              <option key={each} value={each}>
                {text.newMandate.days(each)}
              </option>
            ))}
          </select>
        )}
      </Labelled>
    </AskDialog>
  )
}
