import type { FeedDay } from '../../api/feed.ts'
import { languageTags, useLanguage, useText } from '../../i18n/language.tsx'

const counted = ['done', 'undone', 'failed', 'refused', 'declined', 'waiting', 'reads'] as const

/** The last days in numbers, and what was done on each as a row of bars. */
export function Digest({ days }: { readonly days: readonly FeedDay[] }) {
  const text = useText()
  return (
    <section aria-label={text.digest.title} className="panel mb-6 px-4 py-4 md:px-6">
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
        <dl className="grid grow grid-cols-4 gap-x-4 gap-y-3 sm:flex sm:flex-wrap sm:gap-x-8">
          {counted.map((name) => {
            const count = days.reduce((sum, day) => sum + day[name], 0)
            return (
              <div key={name} className="flex flex-col-reverse">
                <dt className="small-label">{text.digest[name]}</dt>
                <dd className={`text-2xl leading-tight font-bold ${count === 0 ? 'text-muted' : ''}`}>
                  {count}
                </dd>
              </div>
            )
          })}
        </dl>
        <Bars days={days} />
      </div>
      <p className="mt-3 text-[0.8125rem] text-muted">
        {text.digest.title}. {text.digest.help}
      </p>
    </section>
  )
}

const barHeight = 40

/** The oldest on the left; each bar says its day and numbers to whoever hears the page. */
function Bars({ days }: { readonly days: readonly FeedDay[] }) {
  const { language, text } = useLanguage()
  const weekday = new Intl.DateTimeFormat(languageTags[language], { weekday: 'narrow', timeZone: 'UTC' })
  const full = new Intl.DateTimeFormat(languageTags[language], { dateStyle: 'medium', timeZone: 'UTC' })
  const most = Math.max(1, ...days.map((day) => day.done + day.refused))
  return (
    <ol className="flex items-end gap-1.5">
      {days.toReversed().map((day) => {
        const at = Date.parse(`${day.day}T00:00:00Z`)
        const done = Math.round((day.done / most) * barHeight)
        const refused = Math.round((day.refused / most) * barHeight)
        return (
          <li key={day.day} title={text.digest.dayLine(full.format(at), day.done, day.refused)}>
            <svg viewBox={`0 0 16 ${barHeight + 2}`} aria-hidden="true" className="h-10.5 w-4">
              <rect y={barHeight} width="16" height="2" className="fill-line" />
              <rect y={barHeight - done} width="16" height={done} className="fill-accent" />
              <rect y={barHeight - done - refused} width="16" height={refused} className="fill-danger" />
            </svg>
            <span aria-hidden="true" className="block text-center text-xs text-muted">
              {weekday.format(at)}
            </span>
            <span className="sr-only">{text.digest.dayLine(full.format(at), day.done, day.refused)}</span>
          </li>
        )
      })}
    </ol>
  )
}
