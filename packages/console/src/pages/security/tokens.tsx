import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { endToken } from '../../api/tokens.ts'
import type { ApiToken } from '../../api/tokens.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { MakeTokenDialog } from './make-token-dialog.tsx'

type Asking = 'make' | ApiToken | undefined

/** The tokens with which programs of the person use the API. */
export function Tokens() {
  const text = useText().tokens
  const tokens = useQuery(queries.tokens())
  const [asking, setAsking] = useState<Asking>()
  const close = () => setAsking(undefined)
  return (
    <Section title={text.title} actions={<Button onClick={() => setAsking('make')}>{text.make}</Button>}>
      <p className="mb-3 text-muted">{text.help}</p>
      <Loaded query={tokens}>
        {(list) =>
          list.length === 0 ? (
            <p className="panel p-5 text-muted">{text.empty}</p>
          ) : (
            <ul className="panel divide-y divide-line">
              {list.map((token) => (
                <TokenRow key={token.id} token={token} onEnd={() => setAsking(token)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {asking === 'make' && <MakeTokenDialog onClose={close} />}
      {typeof asking === 'object' && <EndTokenDialog token={asking} onClose={close} />}
    </Section>
  )
}

function TokenRow({ token, onEnd }: { readonly token: ApiToken; readonly onEnd: () => void }) {
  const text = useText()
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
      <div className="min-w-0 grow">
        <p className="font-bold">
          <ForeignText charactersMax={100}>{token.name}</ForeignText>
        </p>
        <p className="text-sm text-muted">
          {text.security.added} <Time at={token.created} form="date" />
          {' · '}
          {token.expires === undefined ? (
            text.security.noEnd
          ) : (
            <>
              {text.security.until} <Time at={token.expires} form="date" />
            </>
          )}
        </p>
      </div>
      <Button
        size="small"
        kind="danger"
        aria-label={text.tokens.endOf(visibleString(token.name, 60))}
        onClick={onEnd}
      >
        {text.tokens.end}
      </Button>
    </li>
  )
}

interface EndTokenDialogProps {
  readonly token: ApiToken
  readonly onClose: () => void
}

function EndTokenDialog({ token, onClose }: EndTokenDialogProps) {
  const text = useText().tokens
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: () => endToken(token.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['tokens'] })
      onClose()
    },
  })
  return (
    <AskDialog
      title={text.endTitle(visibleString(token.name, 60))}
      doing={text.end}
      kind="grave"
      pending={end.isPending}
      error={end.error}
      onDo={() => end.mutate()}
      onClose={onClose}
    >
      <p>{text.endHelp}</p>
    </AskDialog>
  )
}
