import type { SignInLink } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Time } from '../../ui/time.tsx'
import { isLocalLink } from './local-link.ts'

interface LinkPanelProps {
  readonly link: SignInLink
  /** What the reader does with it. */
  readonly help: string
}

/** A sign-in link, to be copied, with how long it works. */
export function LinkPanel({ link, help }: LinkPanelProps) {
  const text = useText()
  return (
    <div role="status">
      <p className="mb-3">{help}</p>
      <div className="rounded-md bg-sunken">
        <div className="flex items-center justify-between gap-3 py-2 pr-2 pl-4 text-sm text-muted">
          <span>
            {text.signInLink.until} <Time at={link.expires} form="short" />
          </span>
          <CopyButton value={link.signInLink} />
        </div>
        <p className="px-4 pb-4 font-mono text-[0.8125rem] leading-5 select-all">{link.signInLink}</p>
      </div>
      {isLocalLink(link.signInLink) && <p className="mt-3 text-sm text-warn">{text.signInLink.local}</p>}
    </div>
  )
}
