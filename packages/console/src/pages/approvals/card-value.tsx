import type { CardArgument } from '../../api/approval-types.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignBlock, ForeignText } from '../../ui/foreign-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

const valueCharactersMax = 2000
/** A value up to this long stands beside its name, so that a card with a few of them fits a phone. */
const shortCharacters = 28

interface CardValueProps {
  readonly argument: CardArgument
  /** What stood there before a person changed it. */
  readonly before?: string | undefined
}

/** One value as the agent wrote it, with what is known of it. */
export function CardValue({ argument, before }: CardValueProps) {
  const text = useText()
  const { name, text: value, changed } = argument
  const short = value.length <= shortCharacters && name.length <= 14 && !value.includes('\n')
  return (
    <div className={short ? 'flex flex-wrap items-center gap-x-3 gap-y-1' : ''}>
      <p className={`flex flex-wrap items-center gap-x-2 ${short ? '' : 'mb-1'}`}>
        {name !== '' && <code className="font-mono text-sm font-semibold">{visibleString(name, 80)}</code>}
        {!short && <Marks argument={argument} />}
      </p>
      <div className="min-w-0 break-words">
        <ForeignBlock tight charactersMax={valueCharactersMax}>
          {value}
        </ForeignBlock>
      </div>
      {short && <Marks argument={argument} />}
      {changed === true && before !== undefined && (
        <p className={`text-sm text-muted ${short ? 'basis-full' : 'mt-1'}`}>
          {text.card.wasBefore}:{' '}
          <del>
            <ForeignText charactersMax={300}>{before}</ForeignText>
          </del>
        </p>
      )}
    </div>
  )
}

/** Whether it went there before, and whether a person changed it. */
export function Marks({ argument: { before, changed } }: { readonly argument: CardArgument }) {
  const text = useText()
  return (
    <>
      {before !== undefined &&
        (before.times === 0 ? (
          <Tag tone="warn">{text.card.firstTime}</Tag>
        ) : (
          <span className="text-sm text-muted">
            {text.card.before(before.times)}
            {before.last !== undefined && (
              <>
                , {text.card.lastOn} <Time at={before.last} form="date" />
              </>
            )}
          </span>
        ))}
      {changed === true && <Tag tone="accent">{text.card.changed}</Tag>}
    </>
  )
}
