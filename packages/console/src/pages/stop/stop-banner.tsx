import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { queries } from '../../api/queries.ts'
import { liftStop } from '../../api/stops.ts'
import type { Stop } from '../../api/stops.ts'
import type { Me } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { gravestFirst, visibleTo } from './stops-shown.ts'
import { useNames } from './names.ts'

/** Stops shown without asking for more. */
const shownMax = 2

/** What is stopped now, on every page until it is lifted; nothing where nothing is. */
export function StopBanner() {
  const text = useText()
  const { data: me } = useQuery(queries.me())
  const { data: stops = [] } = useQuery(queries.stops())
  if (me === undefined) return null
  const shown = gravestFirst(stops.filter((stop) => visibleTo(me, stop)))
  if (shown.length === 0) return null
  const rest = shown.slice(shownMax)
  return (
    <section aria-label={text.stopped.label} className="border-b border-danger bg-danger-wash">
      <div className="mx-auto max-w-6xl px-4 py-1.5 md:px-8">
        <ul>
          {shown.slice(0, shownMax).map((stop) => (
            <StopLine key={stop.id} stop={stop} me={me} />
          ))}
        </ul>
        {rest.length > 0 && (
          <details>
            <summary className="w-fit rounded-sm py-2 text-sm font-semibold">
              {text.stopped.more(rest.length)}
            </summary>
            <ul>
              {rest.map((stop) => (
                <StopLine key={stop.id} stop={stop} me={me} />
              ))}
            </ul>
          </details>
        )}
      </div>
    </section>
  )
}

interface StopLineProps {
  readonly stop: Stop
  readonly me: Me
}

function StopLine({ stop, me }: StopLineProps) {
  const text = useText()
  const client = useQueryClient()
  const names = useNames(me, [stop.by, stop.name, stop.what === 'person' ? stop.subject : undefined])
  const lift = useMutation({
    mutationFn: async () => await liftStop(stop.id),
    onSettled: () => client.invalidateQueries({ queryKey: ['stops'] }),
  })
  const mayLift = stop.by === me.person.id || me.roles.includes('owner')
  return (
    <li className="py-1.5">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1.5">
        <p className="min-w-0">
          <span className="font-bold text-danger">
            <What stop={stop} me={me} names={names} />
          </span>{' '}
          <span className="text-sm">
            {text.stopped.since(stop.by === me.person.id ? text.stopped.you : names(stop.by))}{' '}
            <Time at={stop.at} form="short" />
            {stop.note !== undefined && (
              <>
                {' · '}
                <ForeignText charactersMax={160}>{stop.note}</ForeignText>
              </>
            )}
          </span>
        </p>
        {mayLift ? (
          <Button
            size="small"
            kind="danger"
            disabled={lift.isPending}
            aria-label={text.stopped.liftOf(plainWords(stop, me, names, text.stopped))}
            onClick={() => lift.mutate()}
          >
            {lift.isPending ? text.stopped.lifting : text.stopped.lift}
          </Button>
        ) : (
          <span className="text-sm text-muted">{text.stopped.theirs(names(stop.by))}</span>
        )}
      </div>
      {lift.error !== null && (
        <div className="mt-2">
          <Problem error={lift.error} />
        </div>
      )}
    </li>
  )
}

interface WhatProps extends StopLineProps {
  readonly names: (id: string) => string
}

function What({ stop, me, names }: WhatProps): ReactNode {
  const text = useText()
  if (stop.what === 'agent') {
    return (
      <>
        <AgentName id={stop.subject ?? ''} /> {plainWords(stop, me, names, text.stopped)}
      </>
    )
  }
  return (
    <>
      {plainWords(stop, me, names, text.stopped)}
      {stop.what === 'mandate' && (
        <Link to="/mandates/$id" params={{ id: stop.subject ?? '' }} className="ml-2 underline">
          {text.stopped.showMandate}
        </Link>
      )}
    </>
  )
}

function plainWords(
  stop: Stop,
  me: Me,
  names: (id: string) => string,
  words: ReturnType<typeof useText>['stopped'],
): string {
  switch (stop.what) {
    case 'everything':
      return words.everything(visibleString(me.organization.name, 60))
    case 'person':
      return stop.subject === me.person.id ? words.mine : words.person(names(stop.subject ?? ''))
    case 'agent':
      if (stop.name === undefined) return words.agentAll
      return stop.name === me.person.id ? words.agentMine : words.agentOf(names(stop.name))
    default:
      return words.mandate
  }
}

/** By its title, where the first page of the registry has it. */
function AgentName({ id }: { readonly id: string }) {
  const text = useText()
  const { data } = useInfiniteQuery(queries.records('', undefined))
  const record = data?.pages.flatMap((page) => page.records).find((each) => each.id === id)
  if (record === undefined) return <>{text.stopped.anAgent}</>
  return (
    <>
      “<ForeignText charactersMax={60}>{record.title}</ForeignText>”
    </>
  )
}
