import { useText } from '../i18n/language.tsx'
import { ForeignText } from './foreign-text.tsx'
import { definitionText, foldedDifference, textDifference } from './text-difference.ts'

const signs = { same: ' ', before: '−', after: '+' }
const looks = { same: '', before: 'bg-danger-wash', after: 'bg-ok-wash' }

interface DifferenceProps {
  readonly before: unknown
  readonly after: unknown
}

/** Two definitions of a third party, line by line: what went and what came. */
export function Difference({ before, after }: DifferenceProps) {
  const text = useText()
  const difference = foldedDifference(textDifference(definitionText(before), definitionText(after)))
  const sideWords = { same: '', before: text.record.removed, after: text.record.inserted }
  return (
    <div className="fenced">
      <ol className="max-h-96 overflow-auto font-mono text-[0.8125rem] leading-6">
        {difference.map((line, at) =>
          line.side === 'gap' ? (
            <li key={at} className="px-6 text-muted">
              {text.record.sameLines(line.lines)}
            </li>
          ) : (
            <li key={at} className={`flex whitespace-pre-wrap ${looks[line.side]}`}>
              <span aria-hidden="true" className="w-6 shrink-0 text-center font-bold select-none">
                {signs[line.side]}
              </span>
              {line.side !== 'same' && <span className="sr-only">{sideWords[line.side]}: </span>}
              <span className="min-w-0">
                <ForeignText charactersMax={1000}>{line.text}</ForeignText>
              </span>
            </li>
          ),
        )}
      </ol>
    </div>
  )
}
