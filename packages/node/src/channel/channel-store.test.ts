import { storeEngines } from '@ambit/testkit/stores'
import { browserSubscription } from '@ambit/testkit/push-service'
import { until } from '@ambit/testkit/until'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addPush, addWebhook } from './adding.ts'
import { channelWorld, ann, bob, minuteMs } from './channel-fixture.ts'
import type { ChannelWorld } from './channel-fixture.ts'

describe.each(storeEngines)('channels on $name', (engine) => {
  let world: ChannelWorld

  beforeEach(async () => {
    world = await channelWorld(engine)
  })

  afterEach(async () => {
    await world[Symbol.asyncDispose]()
  })

  test('operators are told of stops and of who is tired, once in ten minutes, in words that hide nothing', async () => {
    const { clock, heard, settled, start, subscribe } = world
    const node = await start()
    const { read } = await subscribe(node)
    const fatigue = { person: 'p_bob', organization: 'main' }
    for (let n = 0; n < 3; n++) node.bus.publish('approval.fatigue', fatigue)
    node.bus.publish('approval.fatigue', { person: 'p_nobody', organization: 'main' })
    node.bus.publish('stop.changed', { id: 's_1', organization: 'main', step: 'stopped' })
    await heard('both', () => read().length, 2)
    await settled(node)
    const bodies = read().map(({ body }) => body)
    expect(bodies).toContain('Somebody stopped agents.')
    expect(bodies.join()).toContain("“Bob '⟨U+202E⟩” is asked too much")
    clock.advance(11 * minuteMs)
    node.bus.publish('approval.fatigue', fatigue)
    await heard('later again', () => read().length, 3)
  })

  test('owners and operators are told what was taken away from them, and of what they use', async () => {
    const { heard, settled, start, subscribe } = world
    const node = await start()
    const { read } = await subscribe(node)
    const message = { record: '1.2', slug: 'mailer', organization: 'main', ruling: 'r_1' }
    node.bus.publish('record.advisory', message)
    node.bus.publish('record.advisory', message)
    node.bus.publish('record.takedown', { ...message, ruling: 'r_2' })
    await heard('both', () => read().length, 2)
    await settled(node)
    expect(
      read()
        .map(({ body }) => body)
        .toSorted(),
    ).toEqual([
      'Something that “mailer” is made of was recalled or taken down.',
      '“mailer” was taken down by those who run the node.',
    ])
  })

  test('a person has so many channels and no more; one browser tells one person; who has no role is told nothing', async () => {
    const { fact, hook, people, say, service, start, subscribe } = world
    const node = await start()
    const { parts } = node.channels
    for (let n = 0; n < 5; n++) await addWebhook(parts, ann, { url: hook.url, label: `${n}` })
    const sixth = addWebhook(parts, ann, { url: hook.url, label: 'more' })
    await expect(sixth).rejects.toMatchObject({ code: 'channel.too-many' })
    for (let n = 0; n < 20; n++) await subscribe(node, bob, `/${n}`)
    await expect(subscribe(node, bob, '/more')).rejects.toMatchObject({ code: 'channel.too-many' })
    // The same browser again is no further one, and it is whoever used it last.
    await subscribe(node, bob, '/3')
    await subscribe(node, ann, '/3')
    expect(await parts.store.count('p_bob', 'push')).toBe(19)
    expect(await parts.store.count('p_ann', 'push')).toBe(1)
    people[1]!.roles = []
    say(node, 'asked', fact('ap_1', { subject: 'p_bob' }))
    await until('nothing is left', async () => (await parts.store.ofPerson('p_bob')).length === 0)
    expect(service.received).toEqual([])
    // Erased with their person.
  })

  test('no address, no secret and nothing that is told lies open in the store', async () => {
    const { fact, heard, hook, say, service, settled, start, store, subscribe } = world
    const node = await start()
    const { url, browser } = await subscribe(node)
    const { secret } = await addWebhook(node.channels.parts, ann, { url: hook.url, label: 'chat' })
    hook.answer(500)
    service.answer(500)
    say(node, 'asked', fact('ap_1'))
    await heard('both', () => hook.received.length + service.received.length, 2)
    await settled(node, 2)
    const tables = store.tables<{ channel: { sealed: Buffer }; channel_notice: { body: Buffer } }>()
    const rows = [
      ...(await tables.selectFrom('channel').selectAll().execute()),
      ...(await tables.selectFrom('channel_notice').selectAll().execute()),
    ]
    const text = rows
      .flatMap((row) => Object.values(row))
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
      .join('\n')
    for (const open of [
      url,
      hook.url,
      secret.slice(6),
      browser.keys.auth,
      browser.keys.p256dh,
      'asks to use',
    ])
      expect(text).not.toContain(open)
    // Of a person whose acts are erased nothing is told any more.
    node.bus.publish('subject.erased', { person: 'p_ann', periods: [] })
    await settled(node)
    const left = await tables.selectFrom('channel_notice').selectAll().execute()
    expect(left.map(({ body }) => body)).toEqual([null, null])
  })

  test('a hostile address is refused by name, and leaves nothing', async () => {
    const { service, start } = world
    const node = await start()
    const { parts } = node.channels
    const { keys } = browserSubscription()
    for (const [url, code] of [
      ['http://push.example.com/x', 'channel.not-https'],
      ['http://8.8.8.8/x', 'channel.not-https'],
      ['https://10.0.0.1/x', 'address.refused'],
      ['https://[::1]/x', 'address.refused'],
      ['https://169.254.169.254/latest/meta-data', 'address.refused'],
      ['http://169.254.169.254/latest/meta-data', 'address.refused'],
      ['file:///etc/passwd', 'address.refused'],
      ['javascript:alert(1)', 'address.refused'],
      ['https://ann:secret@push.example.com/', 'input.invalid'],
      ['not a url', 'input.invalid'],
    ] as const) {
      await expect(
        addPush(parts, ann, { url, ...keys, label: 'x', language: 'en' }),
        url,
      ).rejects.toMatchObject({
        code,
      })
      await expect(addWebhook(parts, ann, { url, label: 'x' }), url).rejects.toMatchObject({ code })
    }
    for (const bad of [
      { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') },
      { ...keys, p256dh: 'x' },
      { ...keys, auth: 'c2hvcnQ' },
    ]) {
      const added = addPush(parts, ann, { url: `${service.url}/x`, ...bad, label: 'x', language: 'en' })
      await expect(added).rejects.toMatchObject({ code: 'channel.keys' })
    }
    expect(await parts.store.ofPerson('p_ann')).toEqual([])
  })
})
