import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Program } from '../../api/programs.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { backWords } from '../consent/client-panel.tsx'
import { AllowList } from '../mandates/allow-list.tsx'
import { isLocalLink } from '../people/local-link.ts'
import { EndDialog } from './end-dialog.tsx'

/** The programs the person let in, what each may do, and the end of it. */
export function ProgramsPage() {
  const text = useText().programs
  const programs = useQuery(queries.programs())
  const [ending, setEnding] = useState<Program>()
  return (
    <Page title={text.title} lead={text.lead}>
      <Loaded query={programs}>
        {(list) =>
          list.length === 0 ? (
            <NoProgram />
          ) : (
            <ul className="max-w-4xl space-y-4">
              {list.map((program) => (
                <ProgramPanel key={program.id} program={program} onEnd={() => setEnding(program)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {ending !== undefined && <EndDialog program={ending} onClose={() => setEnding(undefined)} />}
    </Page>
  )
}

function NoProgram() {
  const text = useText().programs
  const address = `${window.location.origin}/mcp`
  return (
    <div className="panel max-w-4xl p-5 md:p-6">
      <p className="text-muted">{text.empty}</p>
      <div className="mt-4 flex flex-wrap items-center justify-between gap-3 rounded-md bg-sunken py-2 pr-2 pl-4">
        <span className="min-w-0">
          <span className="small-label block">{text.address}</span>
          <code className="font-mono text-sm">{address}</code>
        </span>
        <CopyButton value={address} />
      </div>
    </div>
  )
}

interface ProgramPanelProps {
  readonly program: Program
  readonly onEnd: () => void
}

function ProgramPanel({ program, onEnd }: ProgramPanelProps) {
  const text = useText()
  const words = text.programs
  const { client, redirectHost } = program
  const local = isLocalLink(`http://${redirectHost}`)
  return (
    <li className="panel">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 p-4 md:p-5">
        <div className="min-w-0">
          <h2 className="text-lg leading-snug font-bold tracking-tight">
            <ForeignText charactersMax={120}>{client.name}</ForeignText>
          </h2>
          <p className="text-sm text-muted">
            {words.back} {backWords(redirectHost, local, text.consent)}
          </p>
          <p className="text-sm text-muted">
            {words.since} <Time at={program.created} form="short" />
            {' · '}
            {words.until} <Time at={program.expires} form="date" />
            {' · '}
            <Link
              to="/mandates/$id"
              params={{ id: program.mandate }}
              className="font-semibold text-accent underline-offset-4 hover:underline"
            >
              {words.mandate}
            </Link>
          </p>
        </div>
        <Button
          size="small"
          kind="danger"
          aria-label={words.endOf(visibleString(client.name, 60))}
          onClick={onEnd}
        >
          {words.end}
        </Button>
      </div>
      <Abilities mandate={program.mandate} />
    </li>
  )
}

/** What its mandate allows, asked for once it is opened. */
function Abilities({ mandate }: { readonly mandate: string }) {
  const text = useText().programs
  const [open, setOpen] = useState(false)
  return (
    <details className="border-t border-line" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex min-h-11 items-center gap-3 px-4 font-semibold hover:bg-sunken md:px-5">
        <svg
          viewBox="0 0 12 12"
          fill="none"
          aria-hidden="true"
          className="size-3 shrink-0 text-muted in-open:rotate-90"
        >
          <path d="M3 1l6 5-6 5" stroke="currentColor" strokeWidth="2" />
        </svg>
        {text.may}
      </summary>
      {open && <Allowed mandate={mandate} />}
    </details>
  )
}

function Allowed({ mandate }: { readonly mandate: string }) {
  const text = useText().programs
  const view = useQuery(queries.mandate(mandate))
  return (
    <div className="border-t border-line bg-sunken p-3 md:p-4">
      <Loaded query={view}>
        {(data) => (
          <>
            {data.state !== 'active' && <p className="mb-3 font-semibold text-danger">{text.over}</p>}
            <AllowList allow={data.signed.body.allow} />
          </>
        )}
      </Loaded>
    </div>
  )
}
