import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { removeChannel, testChannel } from '../../api/channels.ts'
import type { Channel, ChannelList } from '../../api/channels.ts'
import { queries } from '../../api/queries.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { ChannelWishesForm } from './channel-wishes.tsx'
import { PushSwitch } from './push-switch.tsx'
import { WebhookDialog } from './webhook-dialog.tsx'

/** How the person is told of what waits: browsers, programs, of what, and when not. */
export function Channels() {
  const text = useText().channels
  const channels = useQuery(queries.channels())
  const [adding, setAdding] = useState(false)
  return (
    <Section title={text.title} actions={<Button onClick={() => setAdding(true)}>{text.webhook}</Button>}>
      <p className="mb-3 text-muted">{text.help}</p>
      <Loaded query={channels}>
        {(list) => (
          <>
            <PushSwitch pushKey={list.pushKey} known={list.push.length > 0} />
            <ChannelRows list={list} />
            <ChannelWishesForm wishes={list.wishes} />
          </>
        )}
      </Loaded>
      {adding && <WebhookDialog onClose={() => setAdding(false)} />}
    </Section>
  )
}

function ChannelRows({ list }: { readonly list: ChannelList }) {
  const text = useText().channels
  const client = useQueryClient()
  const test = useMutation({ mutationFn: testChannel })
  const remove = useMutation({
    mutationFn: removeChannel,
    onSuccess: () => client.invalidateQueries({ queryKey: ['channels'] }),
  })
  const error = test.error ?? remove.error
  if (list.push.length + list.webhooks.length === 0)
    return <p className="panel p-5 text-muted">{text.empty}</p>
  const rows = [
    ...list.push.map((channel) => ({ channel, kind: 'push' as const })),
    ...list.webhooks.map((channel) => ({ channel, kind: 'webhook' as const })),
  ]
  return (
    <>
      <ul className="panel divide-y divide-line">
        {rows.map(({ channel, kind }) => (
          <ChannelRow
            key={channel.id}
            channel={channel}
            kind={kind}
            pending={test.isPending || remove.isPending}
            onTest={() => test.mutate(channel.id)}
            onRemove={() => remove.mutate(channel.id)}
          />
        ))}
      </ul>
      <p role="status" className="mt-2 text-sm text-muted">
        {test.isSuccess && text.tested}
      </p>
      {error !== null && <Problem error={error} />}
    </>
  )
}

interface ChannelRowProps {
  readonly channel: Channel
  readonly kind: 'push' | 'webhook'
  readonly pending: boolean
  readonly onTest: () => void
  readonly onRemove: () => void
}

function ChannelRow({ channel, kind, pending, onTest, onRemove }: ChannelRowProps) {
  const text = useText().channels
  const name = visibleString(channel.label, 60)
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 md:px-5">
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-center gap-2.5 font-bold">
          <ForeignText charactersMax={100}>{channel.label}</ForeignText>
          <Tag>{text.kinds[kind]}</Tag>
          {channel.failing !== undefined && (
            <Tag tone="danger">{text.failing(visibleString(channel.failing.why, 60))}</Tag>
          )}
        </p>
        <p className="text-sm text-muted">
          {visibleString(channel.host, 100)}
          {' · '}
          {channel.lastSent === undefined ? (
            text.neverSent
          ) : (
            <>
              {text.lastSent} <Time at={channel.lastSent} form="short" />
            </>
          )}
        </p>
      </div>
      <div className="flex gap-2">
        <Button size="small" aria-label={text.testOf(name)} disabled={pending} onClick={onTest}>
          {text.test}
        </Button>
        <Button
          size="small"
          kind="danger"
          aria-label={text.removeOf(name)}
          disabled={pending}
          onClick={onRemove}
        >
          {text.remove}
        </Button>
      </div>
    </li>
  )
}
