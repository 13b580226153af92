import { useText } from '../../i18n/language.tsx'
import { Labelled } from '../../ui/labelled.tsx'

const nameCharactersMax = 200

interface NameFieldProps {
  readonly name: string
  readonly example?: string
  /** Left out: as long as names are elsewhere. */
  readonly charactersMax?: number
  readonly onName: (name: string) => void
}

/** A name that the person gives something of theirs. */
export function NameField({ name, example, charactersMax = nameCharactersMax, onName }: NameFieldProps) {
  const text = useText().security
  return (
    <Labelled label={text.name}>
      {(names) => (
        <input
          {...names}
          required
          autoComplete="off"
          maxLength={charactersMax}
          placeholder={example}
          value={name}
          onChange={(event) => onName(event.target.value)}
          className="field"
        />
      )}
    </Labelled>
  )
}
