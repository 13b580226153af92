import { useText } from '../../i18n/language.tsx'
import { Page } from '../../ui/page.tsx'
import { Channels } from './channels.tsx'
import { Passkeys } from './passkeys.tsx'
import { Sessions } from './sessions.tsx'
import { Tokens } from './tokens.tsx'

/** A person's own access: what signs them in, where they are signed in, what acts with a token, how they are told. */
export function SecurityPage() {
  const text = useText().security
  return (
    <Page title={text.title} lead={text.lead}>
      <div className="max-w-4xl">
        <Passkeys />
        <Sessions />
        <Tokens />
        <Channels />
      </div>
    </Page>
  )
}
