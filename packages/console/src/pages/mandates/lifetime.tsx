import { useText } from '../../i18n/language.tsx'

const lifetimesDays = [1, 7, 30, 90, 365]

interface LifetimeProps {
  readonly days: number
  readonly onDays: (days: number) => void
}

/** How long a mandate lasts. */
export function Lifetime({ days, onDays }: LifetimeProps) {
  const text = useText()
  return (
    <div role="radiogroup" aria-label={text.newMandate.expiry} className="flex flex-wrap gap-2">
      {lifetimesDays.map((each) => (
        <label
          key={each}
          className="flex min-h-11 items-center gap-2.5 rounded-md border border-edge bg-surface px-3.5 font-semibold has-checked:border-accent has-checked:bg-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="lifetime"
            checked={each === days}
            onChange={() => onDays(each)}
            className="size-4 accent-accent outline-none"
          />
          {text.newMandate.days(each)}
        </label>
      ))}
    </div>
  )
}
