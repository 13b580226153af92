import { browserSupportsWebAuthn } from '@simplewebauthn/browser'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Passkey } from '../../api/passkeys.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { AddPasskeyDialog, RemovePasskeyDialog, RenamePasskeyDialog } from './passkey-dialogs.tsx'

type Asking =
  | { readonly what: 'add' }
  | { readonly what: 'rename' | 'remove'; readonly passkey: Passkey }
  | undefined

export function Passkeys() {
  const text = useText().passkeys
  const passkeys = useQuery(queries.passkeys())
  const [asking, setAsking] = useState<Asking>()
  const supported = browserSupportsWebAuthn()
  const close = () => setAsking(undefined)
  return (
    <Section
      title={text.title}
      actions={
        <Button kind="primary" disabled={!supported} onClick={() => setAsking({ what: 'add' })}>
          {text.add}
        </Button>
      }
    >
      <p className="mb-3 text-muted">{text.help}</p>
      {!supported && <p className="mb-3 font-semibold text-warn">{text.unsupported}</p>}
      <Loaded query={passkeys}>
        {(list) =>
          list.length === 0 ? (
            <p className="panel p-5 text-muted">{text.empty}</p>
          ) : (
            <ul className="panel divide-y divide-line">
              {list.map((passkey) => (
                <PasskeyRow key={passkey.id} passkey={passkey} onAsk={setAsking} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {asking?.what === 'add' && <AddPasskeyDialog onClose={close} />}
      {asking?.what === 'rename' && <RenamePasskeyDialog passkey={asking.passkey} onClose={close} />}
      {asking?.what === 'remove' && (
        <RemovePasskeyDialog passkey={asking.passkey} isLast={passkeys.data?.length === 1} onClose={close} />
      )}
    </Section>
  )
}

interface PasskeyRowProps {
  readonly passkey: Passkey
  readonly onAsk: (asking: Asking) => void
}

function PasskeyRow({ passkey, onAsk }: PasskeyRowProps) {
  const text = useText()
  const words = text.passkeys
  const name = visibleString(passkey.name, 60)
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
      <div className="min-w-0 grow">
        <p className="font-bold">
          <ForeignText charactersMax={100}>{passkey.name}</ForeignText>
        </p>
        <p className="text-sm text-muted">
          {text.security.added} <Time at={passkey.created} form="date" />
          {' · '}
          {passkey.lastUsed === undefined ? (
            text.security.neverUsed
          ) : (
            <>
              {text.security.lastUsed} <Time at={passkey.lastUsed} form="short" />
            </>
          )}
          {' · '}
          {words.at} {visibleString(passkey.host, 100)}
        </p>
        {passkey.host !== window.location.hostname && <Tag tone="warn">{words.elsewhere}</Tag>}
      </div>
      <div className="flex gap-2">
        <Button
          size="small"
          aria-label={words.renameOf(name)}
          onClick={() => onAsk({ what: 'rename', passkey })}
        >
          {words.rename}
        </Button>
        <Button
          size="small"
          kind="danger"
          aria-label={words.removeOf(name)}
          onClick={() => onAsk({ what: 'remove', passkey })}
        >
          {words.remove}
        </Button>
      </div>
    </li>
  )
}
