import type { QuietHours } from '../../api/channels.ts'
import { languageTags, useLanguage } from '../../i18n/language.tsx'
import { Labelled } from '../../ui/labelled.tsx'

/** 1 Monday … 7 Sunday. */
const days = [1, 2, 3, 4, 5, 6, 7]
/** A Monday: only its weekday counts. */
const someMonday = Date.UTC(2024, 0, 1)
const dayMs = 86_400_000

interface QuietFieldsProps {
  readonly quiet: QuietHours
  readonly onQuiet: (quiet: QuietHours) => void
}

/** From when to when, on which days, by the clock of which place. */
export function QuietFields({ quiet, onQuiet }: QuietFieldsProps) {
  const { language, text } = useLanguage()
  const words = text.channels
  const weekday = new Intl.DateTimeFormat(languageTags[language], { weekday: 'short', timeZone: 'UTC' })
  const zones = Intl.supportedValuesOf('timeZone')
  return (
    <div className="ml-8">
      <div className="grid gap-x-4 sm:grid-cols-[8rem_8rem_minmax(0,1fr)]">
        {(['from', 'to'] as const).map((end) => (
          <Labelled key={end} label={words[end]}>
            {(names) => (
              <input
                {...names}
                type="time"
                required
                value={quiet[end]}
                onChange={(event) => onQuiet({ ...quiet, [end]: event.target.value })}
                className="field"
              />
            )}
          </Labelled>
        ))}
        <Labelled label={words.zone}>
          {(names) => (
            <select
              {...names}
              value={quiet.zone}
              onChange={(event) => onQuiet({ ...quiet, zone: event.target.value })}
              className="field"
            >
              {(zones.includes(quiet.zone) ? zones : [quiet.zone, ...zones]).map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </select>
          )}
        </Labelled>
      </div>
      <div role="group" aria-label={words.days} className="flex flex-wrap items-center gap-x-4">
        <span className="small-label">{words.days}</span>
        {days.map((day) => (
          <label key={day} className="flex min-h-11 items-center gap-2">
            <input
              type="checkbox"
              checked={quiet.days.includes(day)}
              onChange={(event) =>
                onQuiet({
                  ...quiet,
                  days: days.filter((each) =>
                    each === day ? event.target.checked : quiet.days.includes(each),
                  ),
                })
              }
              className="size-5 accent-accent"
            />
            {weekday.format(someMonday + (day - 1) * dayMs)}
          </label>
        ))}
      </div>
      {quiet.days.length === 0 && (
        <p role="alert" className="font-semibold text-danger">
          {words.dayNeeded}
        </p>
      )}
    </div>
  )
}
