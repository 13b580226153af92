import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { acceptTransfer, endTransfer } from '../../api/transfers.ts'
import type { Transfer } from '../../api/transfers.ts'
import { useText } from '../../i18n/language.tsx'
import { AskDialog } from '../../ui/ask-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Labelled } from '../../ui/labelled.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { useStaleRecord } from './stale-record.ts'

type Asking = { readonly how: 'accept' | 'decline' | 'withdraw'; readonly offer: Transfer } | undefined

/** Offers that wait, of this organisation and to it; of one record where its identity code is given. */
export function Transfers({ record }: { readonly record?: string }) {
  const text = useText().transfer
  const { data: me } = useQuery(queries.me())
  const { data: transfers = [] } = useQuery(queries.transfers())
  const [asking, setAsking] = useState<Asking>()
  const close = () => setAsking(undefined)
  const offers = transfers.filter(
    (each) => each.state === 'offered' && (record === undefined || each.record === record),
  )
  if (me === undefined || offers.length === 0) return null
  const isOwner = me.roles.includes('owner')
  return (
    <section aria-label={text.offers} className="mb-6 rounded-md bg-wash">
      <ul className="divide-y divide-line">
        {offers.map((offer) => (
          <OfferRow
            key={offer.id}
            offer={offer}
            own={offer.from === me.organization.id}
            onAsk={isOwner ? setAsking : undefined}
          />
        ))}
      </ul>
      {asking?.how === 'accept' && <AcceptDialog offer={asking.offer} onClose={close} />}
      {(asking?.how === 'decline' || asking?.how === 'withdraw') && (
        <EndDialog offer={asking.offer} how={asking.how} onClose={close} />
      )}
    </section>
  )
}

interface OfferRowProps {
  readonly offer: Transfer
  readonly own: boolean
  readonly onAsk: ((asking: Asking) => void) | undefined
}

function OfferRow({ offer, own, onAsk }: OfferRowProps) {
  const text = useText().transfer
  const ask = (how: 'accept' | 'decline' | 'withdraw') => () => onAsk?.({ how, offer })
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3.5 md:px-6">
      <div className="min-w-0 grow">
        <p className="font-bold">
          <ForeignText charactersMax={90}>{offer.title}</ForeignText>
          <span className="ml-3 text-sm font-normal text-muted">
            {own
              ? text.offeredTo(visibleString(offer.to, 60))
              : text.offeredBy(visibleString(offer.from, 60))}
            {' · '}
            <Time at={offer.offered} form="short" />
          </span>
        </p>
        {offer.note !== '' && (
          <p className="text-sm">
            <ForeignText charactersMax={500}>{offer.note}</ForeignText>
          </p>
        )}
        {own && <p className="text-sm text-muted">{text.waits}</p>}
      </div>
      {onAsk !== undefined && (
        <div className="flex flex-wrap gap-2">
          {own ? (
            <Button size="small" onClick={ask('withdraw')}>
              {text.withdraw}
            </Button>
          ) : (
            <>
              <Button size="small" onClick={ask('decline')}>
                {text.decline}
              </Button>
              <Button size="small" kind="primary" onClick={ask('accept')}>
                {text.accept}
              </Button>
            </>
          )}
        </div>
      )}
    </li>
  )
}

interface OfferDialogProps {
  readonly offer: Transfer
  readonly onClose: () => void
}

function AcceptDialog({ offer, onClose }: OfferDialogProps) {
  const text = useText().transfer
  const { data: me } = useQuery(queries.me())
  const navigate = useNavigate()
  const renew = useStaleRecord()
  const [slug, setSlug] = useState(offer.slug)
  const [responsible, setResponsible] = useState(me?.person.name ?? '')
  const accept = useMutation({
    mutationFn: () =>
      acceptTransfer(offer.id, {
        slug,
        ...(responsible.trim() === '' ? {} : { responsible: { name: responsible.trim() } }),
      }),
    onSuccess: async (view) => {
      await renew()
      await navigate({ to: '/registry/$slug', params: { slug: view.summary.slug } })
    },
  })
  return (
    <AskDialog
      title={text.acceptTitle(visibleString(offer.title, 60))}
      doing={text.accept}
      pending={accept.isPending}
      disabled={slug === ''}
      error={accept.error}
      onDo={() => accept.mutate()}
      onClose={onClose}
    >
      <p className="mb-4">{text.acceptHelp}</p>
      <Labelled label={text.name}>
        {(names) => (
          <input
            {...names}
            autoComplete="off"
            autoCapitalize="none"
            maxLength={63}
            value={slug}
            onChange={(event) => setSlug(event.target.value)}
            className="field font-mono"
          />
        )}
      </Labelled>
      <Labelled label={text.responsible}>
        {(names) => (
          <input
            {...names}
            maxLength={300}
            value={responsible}
            onChange={(event) => setResponsible(event.target.value)}
            className="field"
          />
        )}
      </Labelled>
    </AskDialog>
  )
}

function EndDialog({ offer, how, onClose }: OfferDialogProps & { readonly how: 'decline' | 'withdraw' }) {
  const text = useText().transfer
  const renew = useStaleRecord()
  const end = useMutation({
    mutationFn: () => endTransfer(offer.id, how),
    onSuccess: async () => {
      await renew()
      onClose()
    },
  })
  return (
    <AskDialog
      title={how === 'decline' ? text.declineTitle(visibleString(offer.title, 60)) : text.withdraw}
      doing={how === 'decline' ? text.decline : text.withdraw}
      pending={end.isPending}
      error={end.error}
      onDo={() => end.mutate()}
      onClose={onClose}
    >
      <p>{how === 'decline' ? text.declineHelp : text.withdrawHelp}</p>
    </AskDialog>
  )
}
