import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { endOtherSessions, endSession } from '../../api/sessions.ts'
import type { Session } from '../../api/sessions.ts'
import type { Dictionary } from '../../i18n/en.ts'
import { languageTags, useLanguage, useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'

/** Where the person is signed in; each can be ended, and all others at once. */
export function Sessions() {
  const text = useText().sessions
  const client = useQueryClient()
  const sessions = useQuery(queries.sessions())
  const [asking, setAsking] = useState(false)
  const stale = () => client.invalidateQueries({ queryKey: ['sessions'] })
  const end = useMutation({ mutationFn: endSession, onSuccess: stale })
  const endOthers = useMutation({
    mutationFn: endOtherSessions,
    onSuccess: async () => {
      await stale()
      setAsking(false)
    },
  })
  const others = sessions.data?.some((session) => !session.current) === true
  return (
    <Section
      title={text.title}
      actions={others && <Button onClick={() => setAsking(true)}>{text.endOthers}</Button>}
    >
      <p className="mb-3 text-muted">{text.help}</p>
      <Loaded query={sessions}>
        {(list) => (
          <ul className="panel divide-y divide-line">
            {list.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                pending={end.isPending}
                onEnd={() => end.mutate(session.id)}
              />
            ))}
          </ul>
        )}
      </Loaded>
      {end.error !== null && (
        <div className="mt-3">
          <Problem error={end.error} />
        </div>
      )}
      <p role="status" className="mt-2 text-sm text-muted">
        {endOthers.data !== undefined && text.ended(endOthers.data)}
      </p>
      {asking && (
        <AskDialog
          title={text.endOthersTitle}
          doing={text.endOthers}
          kind="grave"
          pending={endOthers.isPending}
          error={endOthers.error}
          onDo={() => endOthers.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>{text.endOthersHelp}</p>
        </AskDialog>
      )}
    </Section>
  )
}

interface SessionRowProps {
  readonly session: Session
  readonly pending: boolean
  readonly onEnd: () => void
}

function SessionRow({ session, pending, onEnd }: SessionRowProps) {
  const { language, text } = useLanguage()
  const words = text.sessions
  const client = clientWord(session.client, text)
  const since = new Intl.DateTimeFormat(languageTags[language], {
    dateStyle: 'medium',
    timeStyle: 'short',
  }).format(new Date(session.created))
  return (
    <li className="flex min-h-16 flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-center gap-2.5 font-bold">
          {client}
          {session.current && <Tag tone="ok">{words.current}</Tag>}
        </p>
        <p className="text-sm text-muted">
          {words.since} <Time at={session.created} form="short" />
          {' · '}
          {words.lastUsed} <Time at={session.lastUsed} form="short" />
          {' · '}
          {text.security.until} <Time at={session.expires} form="date" />
        </p>
      </div>
      {!session.current && (
        <Button size="small" aria-label={words.endOf(client, since)} disabled={pending} onClick={onEnd}>
          {words.end}
        </Button>
      )}
    </li>
  )
}

function clientWord(client: string, { sessions }: Dictionary): string {
  return client === 'console' || client === 'cli' ? sessions.clients[client] : sessions.other
}
