import { methods, notifications } from '@ambit/core/wire/mcp/methods'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import type { Holder } from '../../../authority/authority.ts'
import type { Target } from '../../../registry/target.ts'
import type { Intake, IngressSink } from '../../gateway.ts'
import { aCapability, aHolder, aTarget } from '../../path-fixture.ts'
import { declaredKey } from '../capabilities.ts'
import { createViews } from '../names/views.ts'
import type { SubscriptionFilter } from './hub.ts'
import { openHub } from './open-hub.ts'

const declared = { [declaredKey]: { subscribe: true, listChanged: true } }

function server(slug: string): Target {
  const ids = ['resources/list', 'resources/read', 'prompts/list']
  const capabilities = new Map(
    ids.map((id) => [id, { ...aCapability(), id, served: { name: id, _meta: declared } }]),
  )
  return { ...aTarget(), id: `aic-${slug}`, slug, capabilities }
}

interface Act {
  readonly intake: Intake
  readonly sink: IngressSink
  cancelled: boolean
}

/** A hub over servers whose side the test plays: `acts` are what it listens with. */
function hubOver(...slugs: string[]) {
  const clock = handClock()
  let targets = slugs.map(server)
  let revision = 1
  let change: () => void = () => undefined
  const acts: Act[] = []
  const looked: string[] = []
  const views = createViews({
    visible: () => targets.map((target) => ({ target, capabilities: [...target.capabilities.values()] })),
    targets: () => targets,
    revision: () => revision,
    toolsListedMax: 64,
  })
  const hub = openHub({
    views,
    clock,
    gateway: {
      submit(intake, sink) {
        const act: Act = { intake, sink, cancelled: false }
        acts.push(act)
        return { id: 'act', cancel: () => void (act.cancelled = true), resume: () => undefined }
      },
    },
    onChange(listener) {
      change = listener
      return () => (change = () => undefined)
    },
    toolsChanged: (target) => void looked.push(target.slug),
  })
  function listen(filter: SubscriptionFilter, holder: Holder = one, slug?: string) {
    const heard: unknown[] = []
    const subscription = hub.subscribe(
      { holder, slug, filter },
      {
        acknowledged: (honoured) => void heard.push(honoured),
        notification: ({ method, params }) =>
          void heard.push(params === undefined ? method : `${method} ${String(params['uri'])}`),
        ended: ({ code }) => void heard.push(`ended ${code}`),
      },
    )!
    return { heard, subscription }
  }
  return {
    hub,
    acts,
    clock,
    looked,
    listen,
    /** Acts that were not cancelled. */
    open: () => acts.filter((act) => !act.cancelled),
    changed: (now: readonly Target[] = targets) => {
      targets = [...now]
      revision += 1
      change()
      clock.advance(100)
    },
  }
}

const one = aHolder()
const other: Holder = { ...aHolder(), key: 'did:key:zOther' }

/** What a server says on its stream. */
function tell({ sink }: Act, method: string, params?: Record<string, unknown>): void {
  sink.event({ type: 'message', value: { jsonrpc: '2.0', method, params } })
}

function acknowledge(act: Act, honoured: SubscriptionFilter = filterOf(act)): void {
  tell(act, notifications.subscriptionsAcknowledged, { notifications: honoured })
}

function filterOf({ intake }: Act): SubscriptionFilter {
  return (intake.arguments as { notifications: SubscriptionFilter }).notifications
}

function end({ sink }: Act, code: string, status: 'failed' | 'cancelled' = 'failed'): void {
  sink.outcome({ type: 'outcome', status, error: { code, detail: '' }, startedAt: 0, durationMs: 0 }, 'act')
}

const updated = notifications.resourcesUpdated
const watching = (...resourceSubscriptions: string[]): SubscriptionFilter => ({ resourceSubscriptions })

test('many subscribers of one holder and server are one act, and each hears what it asked for', () => {
  const { acts, listen } = hubOver('mail')
  const a = listen(watching('file:///a'))
  acknowledge(acts[0]!)
  const b = listen({ ...watching('file:///a'), promptsListChanged: true })
  acknowledge(acts[1]!)
  const live = acts.filter((act) => !act.cancelled)
  expect(live).toHaveLength(1)
  expect(live[0]!.intake).toMatchObject({
    operation: methods.listen,
    capability: { id: 'resources/read' },
    stream: true,
    arguments: { notifications: { promptsListChanged: true, resourceSubscriptions: ['file:///a'] } },
  })
  tell(live[0]!, updated, { uri: 'file:///a' })
  tell(live[0]!, notifications.promptsListChanged)
  tell(live[0]!, updated, { uri: 'file:///b' })
  tell(live[0]!, notifications.resourcesListChanged)
  expect(a.heard).toEqual([watching('file:///a'), `${updated} file:///a`])
  expect(b.heard).toEqual([
    { promptsListChanged: true, ...watching('file:///a') },
    `${updated} file:///a`,
    notifications.promptsListChanged,
  ])
})

test('no holder hears what another one listens to', () => {
  const { acts, listen } = hubOver('mail')
  const a = listen(watching('file:///a'))
  const b = listen(watching('file:///a'), other)
  expect(acts.map((act) => act.intake.holder.key)).toEqual([one.key, other.key])
  acts.forEach((act) => acknowledge(act))
  tell(acts[1]!, updated, { uri: 'file:///a' })
  expect(a.heard).toHaveLength(1)
  expect(b.heard).toHaveLength(2)
})

test('a wider wish is heard before the narrower one is let go', () => {
  const { acts, listen } = hubOver('mail')
  const { heard, subscription } = listen(watching('file:///a'))
  acknowledge(acts[0]!)
  subscription.update(watching('file:///a', 'file:///b'))
  expect(acts).toHaveLength(2)
  expect(acts[0]!.cancelled).toBe(false)
  tell(acts[0]!, updated, { uri: 'file:///a' })
  acknowledge(acts[1]!)
  expect(acts[0]!.cancelled).toBe(true)
  expect(heard).toEqual([watching('file:///a'), `${updated} file:///a`, watching('file:///a', 'file:///b')])
})

test('the act ends with the last subscriber', () => {
  const { acts, listen } = hubOver('mail')
  const a = listen(watching('file:///a'))
  const b = listen(watching('file:///a'))
  acknowledge(acts[0]!)
  a.subscription.end()
  expect(acts[0]!.cancelled).toBe(false)
  b.subscription.end()
  b.subscription.end()
  expect(acts[0]!.cancelled).toBe(true)
  tell(acts[0]!, updated, { uri: 'file:///a' })
  expect(b.heard).toHaveLength(1)
})

test('with several servers each hears its own URIs, and the client hears those it gave', () => {
  const { acts, listen } = hubOver('mail', 'news')
  const { heard } = listen(watching('ambit.mail+file:///m', 'ambit.news+file:///n'))
  expect(acts.map((act) => filterOf(act).resourceSubscriptions)).toEqual([['file:///m'], ['file:///n']])
  acknowledge(acts[0]!)
  expect(heard).toEqual([])
  acknowledge(acts[1]!)
  tell(acts[1]!, updated, { uri: 'file:///n/part' })
  tell(acts[0]!, updated, { uri: 'file:///n' })
  expect(heard).toEqual([
    watching('ambit.mail+file:///m', 'ambit.news+file:///n'),
    `${updated} ambit.news+file:///n/part`,
  ])
})

test('only what the server honours is acknowledged', () => {
  const { acts, listen } = hubOver('mail')
  const { heard } = listen({ ...watching('file:///a', 'file:///b'), promptsListChanged: true })
  acknowledge(acts[0]!, watching('file:///b'))
  expect(heard).toEqual([watching('file:///b')])
})

test('a server that acknowledges nothing is listened to all the same, after five seconds', () => {
  const { listen, clock } = hubOver('mail')
  const { heard } = listen(watching('file:///a'))
  clock.advance(4999)
  expect(heard).toEqual([])
  clock.advance(1)
  expect(heard).toEqual([watching('file:///a')])
})

test('a stream that breaks is opened again, later each time, and then everything may have changed', () => {
  const { acts, listen, clock } = hubOver('mail')
  const { heard } = listen({ ...watching('file:///a'), promptsListChanged: true })
  acknowledge(acts[0]!)
  end(acts[0]!, 'upstream.unreachable')
  clock.advance(499)
  expect(acts).toHaveLength(1)
  clock.advance(1)
  end(acts[1]!, 'upstream.unreachable')
  clock.advance(999)
  expect(acts).toHaveLength(2)
  clock.advance(1)
  acknowledge(acts[2]!)
  expect(heard.slice(1)).toEqual([notifications.promptsListChanged, `${updated} file:///a`])
})

test('a refusal ends a subscription of which nothing is left, with its reason', () => {
  const { acts, listen, clock } = hubOver('mail')
  const { heard } = listen(watching('file:///a'))
  const reasons = [{ code: 'mandate.no-entry', rule: 'm_1', what: 'No.' }]
  acts[0]!.sink.refused({ class: 'refuse', reasons, obligations: [] }, 'act')
  expect(heard).toEqual(['ended mandate.no-entry'])
  clock.advance(600_000)
  expect(acts).toHaveLength(1)
})

test('one server that refuses does not silence the other, and is asked again only when it or the mandate changed', () => {
  const { acts, listen, changed } = hubOver('mail', 'news')
  const { heard } = listen(watching('ambit.mail+file:///m', 'ambit.news+file:///n'))
  acts[0]!.sink.refused({ class: 'refuse', reasons: [], obligations: [] }, 'act')
  acknowledge(acts[1]!)
  expect(heard).toEqual([watching('ambit.news+file:///n')])
  changed()
  expect(acts).toHaveLength(2)
  changed([server('mail'), acts[1]!.intake.target])
  expect(acts.slice(2).map((act) => act.intake.target.slug)).toEqual(['mail'])
})

test('a revocation ends every subscription of the mandate', () => {
  const { acts, listen } = hubOver('mail')
  const a = listen({ ...watching('file:///a'), toolsListChanged: true })
  acknowledge(acts[0]!)
  end(acts[0]!, 'mandate.revoked', 'cancelled')
  expect(a.heard.at(-1)).toBe('ended mandate.revoked')
})

test('a mandate that was revoked is not listened for, also where nothing was under way', () => {
  const { listen, changed } = hubOver()
  const chain = { ...one.chain }
  const { heard } = listen({ toolsListChanged: true }, { ...one, chain })
  chain.revoked = true
  changed()
  expect(heard).toEqual([{ toolsListChanged: true }, 'ended mandate.revoked'])
})

test('of tools the node tells by itself, once for changes that come together', () => {
  const { listen, changed, acts, clock, looked } = hubOver('mail')
  const { heard } = listen({ toolsListChanged: true })
  const silent = listen({ promptsListChanged: true })
  acts.forEach((act) => acknowledge(act))
  changed()
  clock.advance(1000)
  expect(heard).toEqual([{ toolsListChanged: true }, notifications.toolsListChanged])
  expect(silent.heard).toHaveLength(1)
  tell(acts.at(-1)!, notifications.toolsListChanged)
  expect(heard).toHaveLength(3)
  expect(looked).toEqual(['mail'])
})

test('a record that changed is listened to in its new form, without a gap', () => {
  const { acts, listen, changed } = hubOver('mail')
  listen(watching('file:///a'))
  acknowledge(acts[0]!)
  const next = server('mail')
  changed([next])
  expect(acts[1]!.intake.target).toBe(next)
  expect(acts[0]!.cancelled).toBe(false)
  acknowledge(acts[1]!)
  expect(acts[0]!.cancelled).toBe(true)
})

test('an act of listening is judged again every quarter of an hour', () => {
  const { acts, listen, clock, open } = hubOver('mail')
  const { heard } = listen(watching('file:///a'))
  acknowledge(acts[0]!)
  clock.advance(15 * 60_000)
  expect(acts).toHaveLength(2)
  acknowledge(acts[1]!)
  expect(open()).toEqual([acts[1]])
  expect(heard).toHaveLength(1)
})

test('a hub that closes ends all acts', () => {
  const { acts, hub, listen, open, clock } = hubOver('mail')
  listen(watching('file:///a'))
  acknowledge(acts[0]!)
  hub.close()
  expect(open()).toEqual([])
  clock.advance(3_600_000)
  expect(acts).toHaveLength(1)
})
