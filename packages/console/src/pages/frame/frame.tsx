import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { followEvents } from '../../api/events.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { WordMark } from '../../ui/mark.tsx'
import { ObserveBanner } from '../stop/observe-banner.tsx'
import { StopBanner } from '../stop/stop-banner.tsx'
import { StopButton } from '../stop/stop-button.tsx'
import { Account } from './account.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { LiveContext } from './live.ts'
import { NavIcon } from './nav-icon.tsx'

/** While the event stream is away, the waiting requests are asked for this often. */
const pollMs = 5000

const places = [
  { to: '/registry', word: 'registry' },
  { to: '/approvals', word: 'approvals' },
  { to: '/feed', word: 'feed' },
  { to: '/receipts', word: 'receipts' },
  { to: '/mandates', word: 'mandates' },
] as const

/** The frame around every page: head line, ways, and the node's events. On a phone the ways lie under the thumb. */
export function Frame() {
  const text = useText()
  const client = useQueryClient()
  const [live, setLive] = useState(false)
  useEffect(() => followEvents(client, setLive), [client])
  const pending = useQuery({ ...queries.approvals('pending'), refetchInterval: live ? false : pollMs })
  const waiting = pending.data?.length ?? 0

  return (
    <LiveContext value={live}>
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent p-3 font-semibold text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {text.skip}
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex min-h-16 max-w-6xl items-center gap-x-4 px-4 md:px-8 lg:gap-x-7">
          <Link to="/registry" search={{}} aria-label="Ambit" className="rounded-sm">
            <WordMark />
          </Link>
          <Ways waiting={waiting} place="head" />
          <div className="ml-auto flex items-center gap-1 md:gap-3">
            <LanguageSwitch />
            <Account />
            <StopButton />
          </div>
        </div>
      </header>
      <ObserveBanner />
      <StopBanner />
      <main id="content" className="mx-auto max-w-6xl px-4 pt-5 pb-28 md:px-8 md:pt-12 lg:pb-16">
        <Outlet />
      </main>
      <Ways waiting={waiting} place="foot" />
    </LiveContext>
  )
}

interface WaysProps {
  readonly waiting: number
  readonly place: 'head' | 'foot'
}

function Ways({ waiting, place }: WaysProps) {
  const text = useText()
  const inHead = place === 'head'
  const nav = inHead
    ? 'hidden self-stretch lg:flex lg:gap-x-0.5'
    : 'fixed inset-x-0 bottom-0 z-30 grid grid-cols-5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden'
  const link = inHead
    ? 'relative flex items-center gap-2 border-y-[3px] border-transparent px-2 font-semibold whitespace-nowrap text-muted hover:text-ink xl:px-3 data-[status=active]:border-b-accent data-[status=active]:text-ink'
    : 'relative flex min-h-16 flex-col items-center justify-center gap-1 border-t-[3px] border-transparent text-xs font-semibold text-muted data-[status=active]:border-accent data-[status=active]:text-ink'
  return (
    <nav aria-label={text.nav.label} className={nav}>
      {places.map(({ to, word }) => (
        <Link key={to} to={to} className={link}>
          {!inHead && <NavIcon name={word} />}
          {text.nav[word]}
          {word === 'approvals' && waiting > 0 && (
            <span
              className={`min-w-5 rounded-full bg-accent px-1.5 text-center text-xs leading-5 font-bold text-on-accent ${inHead ? '' : 'absolute top-1 left-[calc(50%+0.5rem)]'}`}
            >
              <span aria-hidden="true">{waiting}</span>
              <span className="sr-only">{text.nav.waiting(waiting)}</span>
            </span>
          )}
        </Link>
      ))}
    </nav>
  )
}
