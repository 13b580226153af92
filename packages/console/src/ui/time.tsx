import { useLanguage, languageTags } from '../i18n/language.tsx'

interface TimeProps {
  /** RFC 3339. */
  readonly at: string
  /** `date` leaves out the time of day, `clock` the day. */
  readonly form?: 'full' | 'date' | 'short' | 'clock'
}

const forms: Readonly<Record<NonNullable<TimeProps['form']>, Intl.DateTimeFormatOptions>> = {
  full: { dateStyle: 'medium', timeStyle: 'medium' },
  date: { dateStyle: 'medium' },
  clock: { timeStyle: 'medium' },
  short: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
}

/** A time in the reader's own zone; the exact instant is in the tooltip. */
export function Time({ at, form = 'full' }: TimeProps) {
  const { language } = useLanguage()
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return <span>{at.slice(0, 40)}</span>
  return (
    <time dateTime={at} title={at} className="whitespace-nowrap">
      {new Intl.DateTimeFormat(languageTags[language], forms[form]).format(date)}
    </time>
  )
}
