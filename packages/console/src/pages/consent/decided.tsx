import { useText } from '../../i18n/language.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'

interface DecidedProps {
  readonly given: boolean
  /** Where the browser is on its way to: this node, which sends it on to the program. */
  readonly location: string
}

/** What is left on the screen when a program of this device takes over and the page stays behind. */
export function Decided({ given, location }: DecidedProps) {
  const text = useText().consent
  return (
    <Page title={given ? text.given : text.refused} lead={text.goingOn}>
      <a href={location} className={buttonClass()}>
        {text.goOn}
      </a>
    </Page>
  )
}
