import { useText } from '../i18n/language.tsx'
import { visibleText } from './visible-text.ts'

interface ForeignTextProps {
  readonly children: string
  readonly charactersMax?: number
}

/** Text of a third party, in the line: shown as text, isolated in its direction, cut, with nothing invisible left in it. */
export function ForeignText({ children, charactersMax }: ForeignTextProps) {
  const text = useText()
  const { parts, cut } = visibleText(children, charactersMax)
  return (
    <bdi>
      {parts.map((part, at) =>
        part.hidden ? (
          <span key={at} className="rounded-sm bg-warn-wash px-0.5 font-mono text-[0.8em] text-warn">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
      {cut && <span title={text.common.cut}>…</span>}
    </bdi>
  )
}

interface ForeignBlockProps extends ForeignTextProps {
  readonly mono?: boolean
  /** In a list of short values, where room is dear. */
  readonly tight?: boolean
}

/** Text of a third party as a block between the corner brackets that mark everything from outside. */
export function ForeignBlock({ children, charactersMax, mono = false, tight = false }: ForeignBlockProps) {
  return (
    <div
      className={`fenced max-h-72 overflow-y-auto whitespace-pre-wrap ${mono ? 'font-mono text-[0.8125rem] leading-5' : 'leading-6'} ${tight ? 'py-1!' : ''}`}
    >
      <ForeignText {...(charactersMax === undefined ? {} : { charactersMax })}>{children}</ForeignText>
    </div>
  )
}
