import { CopyButton } from '../../ui/copy-button.tsx'

interface SecretOnceProps {
  /** That it is not shown again, and what whoever has it can do. */
  readonly help: string
  readonly secret: string
}

/** A secret that is shown this once, to be copied. */
export function SecretOnce({ help, secret }: SecretOnceProps) {
  return (
    <div role="status">
      <p className="mb-3 font-semibold text-warn">{help}</p>
      <div className="rounded-md bg-sunken">
        <div className="flex justify-end px-2 pt-2">
          <CopyButton value={secret} />
        </div>
        <p className="px-4 pb-4 font-mono text-[0.8125rem] leading-5 select-all">{secret}</p>
      </div>
    </div>
  )
}
