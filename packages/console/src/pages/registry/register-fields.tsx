import { useText } from '../../i18n/language.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import type { RegisterDraft, RegisterResult } from './register-draft.ts'

interface FieldsProps {
  readonly draft: RegisterDraft
  readonly onChange: (part: Partial<RegisterDraft>) => void
}

export function AddressField({ draft, onChange }: FieldsProps) {
  const text = useText()
  return (
    <Labelled label={text.registry.address} help={text.registry.addressHelp}>
      {(names) => (
        <input
          {...names}
          type="url"
          required
          inputMode="url"
          autoComplete="off"
          maxLength={2000}
          value={draft.url}
          onChange={(event) => onChange({ url: event.target.value })}
          placeholder="https://"
          className="field"
        />
      )}
    </Labelled>
  )
}

interface CommandFieldsProps extends FieldsProps {
  readonly result: RegisterResult | undefined
}

export function CommandFields({ draft, result, onChange }: CommandFieldsProps) {
  const text = useText()
  const wrong = result?.ok === false ? result : undefined
  return (
    <>
      <Labelled
        label={text.registry.command}
        help={text.registry.commandHelp}
        wrong={wrong?.wrong === 'command' ? text.registry.commandWrong : undefined}
      >
        {(names) => (
          <input
            {...names}
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={8000}
            value={draft.command}
            onChange={(event) => onChange({ command: event.target.value })}
            placeholder="npx -y @modelcontextprotocol/server-everything"
            className="field font-mono"
          />
        )}
      </Labelled>
      <Labelled
        label={`${text.registry.environment} (${text.common.optional})`}
        help={text.registry.environmentHelp}
        wrong={wrong?.wrong === 'environment' ? text.registry.environmentWrong(wrong.line) : undefined}
      >
        {(names) => (
          <textarea
            {...names}
            rows={2}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={draft.environment}
            onChange={(event) => onChange({ environment: event.target.value })}
            className="field font-mono"
          />
        )}
      </Labelled>
      <SlugField draft={draft} onChange={onChange} />
    </>
  )
}

/** What most registrations by address do without. */
export function MoreFields({ draft, onChange }: FieldsProps) {
  const text = useText()
  return (
    <details className="mb-2">
      <summary className="w-fit rounded-sm py-2 font-semibold text-accent">
        {text.registry.moreFields}
      </summary>
      <div className="pt-2">
        <SlugField draft={draft} onChange={onChange} />
        <CredentialFields draft={draft} onChange={onChange} />
      </div>
    </details>
  )
}

function SlugField({ draft, onChange }: FieldsProps) {
  const text = useText()
  return (
    <Labelled label={`${text.registry.slug} (${text.common.optional})`} help={text.registry.slugHelp}>
      {(names) => (
        <input
          {...names}
          autoComplete="off"
          autoCapitalize="none"
          pattern="[a-z0-9][a-z0-9\-]{0,62}"
          value={draft.slug}
          onChange={(event) => onChange({ slug: event.target.value })}
          className="field"
        />
      )}
    </Labelled>
  )
}

function CredentialFields({ draft, onChange }: FieldsProps) {
  const text = useText()
  return (
    <>
      <div className="grid gap-x-4 sm:grid-cols-2">
        <Labelled label={text.registry.header}>
          {(names) => (
            <input
              {...names}
              autoComplete="off"
              maxLength={200}
              required={draft.headerValue !== ''}
              value={draft.header}
              onChange={(event) => onChange({ header: event.target.value })}
              className="field"
            />
          )}
        </Labelled>
        <Labelled label={text.registry.headerValue}>
          {(names) => (
            <input
              {...names}
              type="password"
              autoComplete="off"
              maxLength={8192}
              value={draft.headerValue}
              onChange={(event) => onChange({ headerValue: event.target.value })}
              className="field"
            />
          )}
        </Labelled>
      </div>
      <fieldset className="-mt-2 mb-2">
        <legend className="text-sm text-muted">{text.registry.headerHelp}</legend>
        {(['me', 'everyone'] as const).map((each) => (
          <label key={each} className="flex min-h-11 items-center gap-3">
            <input
              type="radio"
              name="headers-for"
              checked={draft.headersFor === each}
              onChange={() => onChange({ headersFor: each })}
              className="size-5 accent-accent"
            />
            {text.registry.headersFor[each]}
          </label>
        ))}
      </fieldset>
    </>
  )
}
