import { storeEngines } from '@ambit/testkit/stores'
import { browserSubscription } from '@ambit/testkit/push-service'
import { until } from '@ambit/testkit/until'
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addWebhook } from './adding.ts'
import { channelWorld, ann, bob, everything, hourMs, minuteMs, night } from './channel-fixture.ts'
import type { ChannelWorld } from './channel-fixture.ts'

describe.each(storeEngines)('telling people on $name', (engine) => {
  let world: ChannelWorld

  beforeEach(async () => {
    world = await channelWorld(engine)
  })

  afterEach(async () => {
    await world[Symbol.asyncDispose]()
  })

  test('a browser is told, for as long as it can be answered, and nobody on the way can read it', async () => {
    const { fact, facts, heard, people, say, service, start, subscribe } = world
    const node = await start()
    const { read, browser } = await subscribe(node)
    say(node, 'asked', fact('ap_1'))
    await heard('the browser', () => service.received.length, 1)
    const [message] = service.received
    expect(message?.headers).toMatchObject({
      'content-encoding': 'aes128gcm',
      ttl: '3600',
      urgency: 'high',
    })
    expect(message?.headers['topic']).toMatch(/^[\w-]{32}$/)
    expect(message?.claims).toMatchObject({ aud: service.url, sub: 'mailto:operator@localhost' })
    expect(message?.body.toString('latin1')).not.toContain('ap_1')
    expect(read()).toEqual([
      {
        title: 'Your approval is asked for',
        body: 'An agent asks to use “ap_1”.',
        url: '/approvals/ap_1',
        tag: 'ap_1',
      },
    ])
    expect(() => browserSubscription().read(message!.body)).toThrow()
    // A second message about it would take its place at the push service.
    people[1]!.roles = ['owner']
    await subscribe(node, bob, '/two')
    facts.set('ap_1', { ...facts.get('ap_1')!, agreedBy: 'p_ann' })
    say(node, 'agreed', facts.get('ap_1')!)
    await heard('the second person', () => service.received.length, 2)
    expect(service.received[1]?.path).toBe('/two')
    expect(service.received[1]?.headers['topic']).toBe(message?.headers['topic'])
    expect(browser.read(message!.body)).toContain('ap_1')
  })

  test('what nobody wants to hear is not told, and neither is what was decided before it was sent', async () => {
    const { clock, fact, facts, heard, say, service, settled, start, subscribe } = world
    const node = await start()
    await subscribe(node)
    const { id, subject } = fact('ap_other', { subject: 'p_bob' })
    say(node, 'asked', facts.get(id)!)
    expect(subject).toBe('p_bob')
    say(node, 'denied', fact('ap_2'))
    say(node, 'asked', fact('ap_step', { mode: 'step' }))
    say(node, 'asked', fact('ap_3', { state: 'denied' }))
    say(node, 'asked', { ...fact('ap_4', { organization: 'north' }), organization: 'main' })
    node.bus.publish('approval.asked', { id: 'ap_forged', organization: 'main', subject: 'p_ann' })
    node.bus.publish('feed.new', { organization: 'main', person: 'p_ann' })
    say(node, 'held', fact('ap_5', { state: 'held', due: clock.now() + minuteMs }))
    await settled(node)
    await heard('the last one', () => service.received.length, 1)
    expect(service.received[0]?.headers['ttl']).toBe('60')
  })

  test('a subscription that is gone is removed, and a receiver that is busy gets the time it asks for', async () => {
    const { clock, fact, heard, say, service, settled, start, subscribe } = world
    const node = await start()
    const { channel } = await subscribe(node)
    service.answer(429, { 'retry-after': '120' })
    say(node, 'asked', fact('ap_1'))
    await heard('the first attempt', () => service.received.length, 1)
    await settled(node, 1)
    clock.advance(119_000)
    expect((await node.channels.parts.store.find(channel.id))?.failure).toBe('HTTP 429')
    service.answer(410)
    clock.advance(2000)
    await heard('the second attempt', () => service.received.length, 2)
    await until('it is gone', async () => (await node.channels.parts.store.find(channel.id)) === undefined)
    say(node, 'asked', fact('ap_2'))
    await settled(node)
    expect(service.received).toHaveLength(2)
  })

  test('a webhook is told in order, signed, at least once, and over a restart', async () => {
    const { clock, fact, heard, hook, say, settled, start, told, wish } = world
    const first = await start('n_1')
    await wish(first, everything)
    const { secret } = await addWebhook(first.channels.parts, ann, { url: hook.url, label: 'chat' })
    hook.answer(500)
    say(first, 'asked', fact('ap_1'))
    await heard('an attempt', () => hook.received.length, 1)
    await settled(first, 1)
    say(first, 'denied', fact('ap_1', { state: 'denied' }))
    await settled(first, 2)
    await first.close()
    hook.answer(204)
    clock.advance(2000)
    const second = await start('n_2', ['n_1'])
    await heard('both', () => hook.received.length, 3)
    expect(told().map(({ type }) => type)).toEqual(['approval.asked', 'approval.asked', 'approval.denied'])
    expect(told()[2]).toMatchObject({
      type: 'approval.denied',
      url: 'http://localhost:7100/approvals/ap_1',
      approval: { id: 'ap_1', act: 'act_ap_1', state: 'denied' },
    })
    const [one, again] = hook.received
    expect(again?.headers['webhook-id']).toBe(one?.headers['webhook-id'])
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    for (const { headers, text } of hook.received) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`
      expect(headers['webhook-signature']).toBe(
        `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
      )
    }
    await settled(second)
  })

  test('what a receiver does not take is tried for a day, and holds up nothing about another act', async () => {
    const { clock, fact, heard, hook, say, settled, start, store, told } = world
    const node = await start()
    const { channel } = await addWebhook(node.channels.parts, ann, { url: hook.url, label: 'chat' })
    // Not a receiver that is away: one that does not want this.
    hook.answer(400)
    say(node, 'asked', fact('ap_1'))
    await heard('an attempt', () => hook.received.length, 1)
    await settled(node, 1)
    hook.answer(204)
    say(node, 'asked', fact('ap_2'))
    await heard('the other', () => hook.received.length, 2)
    expect(told()[1]?.approval?.id).toBe('ap_2')
    hook.answer(503)
    let attempts = 2
    for (let hours = 0; hours < 25; hours++) {
      clock.advance(hourMs)
      await settled(node, hours < 23 ? 1 : 0)
      expect(hook.received.length).toBeGreaterThanOrEqual(attempts)
      attempts = hook.received.length
    }
    expect(await node.channels.parts.store.lanes('')).toEqual([])
    expect((await node.channels.parts.store.find(channel.id))?.failure).toBe('HTTP 503')
    clock.advance(48 * hourMs)
    await until('what is over is forgotten', async () => {
      clock.advance(minuteMs)
      return (
        (
          await store
            .tables<{ channel_notice: { id: string } }>()
            .selectFrom('channel_notice')
            .selectAll()
            .execute()
        ).length === 0
      )
    })
  })

  test('quiet hours are kept: what happens in them is told at their end, together', async () => {
    const { clock, fact, facts, heard, hook, say, service, settled, start, subscribe, told, wish } = world
    const node = await start()
    await wish(node, everything, night)
    const { read } = await subscribe(node)
    await addWebhook(node.channels.parts, ann, { url: hook.url, label: 'chat' })
    expect(node.channels.quietUntil('p_ann', clock.now())).toBeUndefined()
    clock.advance(11 * hourMs)
    const end = Date.UTC(2026, 0, 6, 7)
    expect(node.channels.quietUntil('p_ann', clock.now())).toBe(end)
    const late = { expires: end + hourMs }
    say(node, 'asked', fact('ap_1', late))
    await settled(node, 2)
    clock.advance(1)
    say(node, 'asked', fact('ap_2', late))
    await settled(node, 4)
    clock.advance(1)
    say(node, 'held', fact('ap_3', { state: 'held', due: clock.now() + minuteMs }))
    await settled(node, 6)
    facts.set('ap_3', { ...facts.get('ap_3')!, state: 'done' })
    say(node, 'done', facts.get('ap_3')!)
    await settled(node, 8)
    clock.advance(end - clock.now() - 1)
    await settled(node, 8)
    expect(service.received.length + hook.received.length).toBe(0)
    clock.advance(1)
    await settled(node)
    expect(read()).toEqual([
      {
        title: 'While you were not to be disturbed',
        body: '2 acts were waiting for you. 1 other thing happened.',
        url: '/approvals',
        tag: 'summary',
      },
    ])
    expect(told()).toHaveLength(1)
    expect(told()[0]?.events?.map(({ type, approval }) => `${type} ${approval?.id}`)).toEqual([
      'approval.asked ap_1',
      'approval.asked ap_2',
      'approval.held ap_3',
      'approval.done ap_3',
    ])
    // Without them it is told at once.
    await wish(node, everything)
    clock.advance(15 * hourMs)
    say(node, 'asked', fact('ap_4'))
    await heard('at night', () => service.received.length, 2)
  })

  test('of two replicas exactly one tells, and the other one goes on when it ends', async () => {
    const { clock, fact, hook, say, settled, start, told } = world
    const first = await start('n_1')
    await addWebhook(first.channels.parts, ann, { url: hook.url, label: 'chat' })
    const ended: string[] = []
    const second = await start('n_2', ended)
    for (let n = 0; n < 20; n++) {
      const made = fact(`ap_${n}`)
      for (const node of [first, second]) say(node, 'asked', made)
    }
    await until('all of them', () => {
      clock.advance(1000)
      return told().length >= 20
    })
    await settled(first)
    expect(told().length).toBe(20)
    // One that died while it sent.
    const [channel] = await first.channels.parts.store.ofPerson('p_ann')
    await first.close()
    await second.channels.parts.store.claim(channel!.id, null, 'n_1')
    say(second, 'asked', fact('ap_late'))
    clock.advance(2000)
    expect(told().length).toBe(20)
    ended.push('n_1')
    await until('the other one', () => {
      clock.advance(2000)
      return told().length === 21
    })
  })

  test('what was asked and not told because the node ended in between is told at the next start', async () => {
    const { clock, fact, heard, settled, start, subscribe } = world
    const first = await start()
    const { read } = await subscribe(first)
    await first.close()
    clock.advance(1000)
    fact('ap_1')
    const second = await start('n_2', ['n_1'])
    await heard('the browser', () => read().length, 1)
    // What is under way when a node stops is told again; this is over.
    await settled(second)
    await second.close()
    await start('n_3', ['n_1', 'n_2'])
    expect(read()).toHaveLength(1)
  })
})
