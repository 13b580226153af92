import { useText } from '../../i18n/language.tsx'
import { Labelled } from '../../ui/labelled.tsx'

/** As long as a ruling takes beside what the node itself writes into it. */
const noteCharactersMax = 1000

interface NoteFieldProps {
  /** Left out: a note that may stay empty. */
  readonly label?: string
  readonly help?: string
  readonly note: string
  readonly onNote: (note: string) => void
}

/** Why something is done, in the words of who does it. */
export function NoteField({ label, help, note, onNote }: NoteFieldProps) {
  const text = useText().common
  return (
    <Labelled label={label ?? `${text.note} (${text.optional})`} help={help}>
      {(names) => (
        <textarea
          {...names}
          rows={2}
          maxLength={noteCharactersMax}
          value={note}
          onChange={(event) => onNote(event.target.value)}
          className="field"
        />
      )}
    </Labelled>
  )
}
