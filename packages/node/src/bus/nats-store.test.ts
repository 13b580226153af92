import { randomBytes } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { openCuttingProxy } from '@ambit/testkit/cutting-proxy'
import { natsUrl } from '@ambit/testkit/services'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { afterAll, describe, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import type { Store } from '../store/store.ts'
import type { NatsAddress } from './nats.ts'
import { openBus } from './open.ts'
import type { OpenBus } from './open.ts'
import { openRevisionStore } from './revision-store.ts'

const nats = await natsUrl()
const streams: string[] = []
afterAll(async () => {
  if (nats === undefined) return
  const connection = await connect({ servers: new URL(nats).host })
  const manager = await jetstreamManager(connection)
  for (const stream of streams) await manager.streams.delete(stream).catch(() => undefined)
  await connection.close()
})

describe.each(storeEngines)('the revision on $name', (engine) => {
  test('is raised one by one, by all who share it', async () => {
    await using store = await engine.open()
    const [one, two] = [await openRevisionStore(store), await openRevisionStore(store)]
    await Promise.all([one.raise(), two.raise(), one.raise()])
    expect([await one.read(), await two.read()]).toEqual([3, 3])
  })
})

const postgres = storeEngines.filter(({ name }) => name === 'postgres')
describe.skipIf(nats === undefined).each(postgres)('replicas on NATS and $name', (engine) => {
  const keyring = createKeyring(randomBytes(32), systemClock)

  function newStream(): string {
    const stream = `ambit_test_${randomBytes(8).toString('hex')}`
    streams.push(stream)
    return stream
  }

  async function join(store: Store, stream: string, port?: number): Promise<OpenBus> {
    const address: NatsAddress = {
      servers: [port === undefined ? new URL(nats!).host : `127.0.0.1:${port}`],
      tls: false,
      user: undefined,
      password: undefined,
      token: undefined,
      credentialsFile: undefined,
    }
    return await openBus({
      settings: { ...address, stream },
      store,
      self: createIds(systemClock).next(),
      name: 'test',
      keyring,
      clock: systemClock,
      log: silentLog,
      metrics: createMetrics(),
    })
  }

  test('hear one another, each message once and in order', async () => {
    await using store = await engine.open()
    const stream = newStream()
    await using one = await join(store, stream)
    await using two = await join(store, stream)
    await until('both are connected', () => one.connected && two.connected)
    const heard: unknown[] = []
    const own: string[] = []
    two.subscribe('mandate.revoked', (message) => heard.push(message['n']))
    one.subscribe('mandate.revoked', (_message, _subject, from) => own.push(from))
    for (let n = 0; n < 200; n++) one.publish('mandate.revoked', { n })
    await until('all arrived', () => heard.length >= 200)
    expect(heard).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect(new Set(own)).toEqual(new Set(['here']))
    expect(own).toHaveLength(200)
  })

  test('one whose connection is cut heals when it is back, and so does one that missed a stream made anew', async () => {
    await using store = await engine.open()
    const stream = newStream()
    const { hostname, port } = new URL(nats!)
    await using proxy = await openCuttingProxy(hostname, Number(port || 4222))
    await using one = await join(store, stream)
    await using two = await join(store, stream, proxy.port)
    await until('both are connected', () => one.connected && two.connected)
    let heals = 0
    two.onGap(async () => void heals++)
    await until('it healed at its start', () => heals > 0)
    proxy.down()
    await until('it is cut off', () => !two.connected)
    one.publish('mandate.revoked', { ids: ['m_1'] })
    const before = heals
    proxy.up()
    await until('it is back', () => two.connected && heals > before)
    const connection = await connect({ servers: new URL(nats!).host })
    const manager = await jetstreamManager(connection)
    await manager.streams.delete(stream)
    await connection.close()
    const healed = heals
    one.publish('mandate.revoked', { ids: ['m_2'] })
    await until('it heals', () => heals > healed, 20_000)
    const heard: unknown[] = []
    two.subscribe('mandate.revoked', (message) => heard.push(message['ids']))
    await until('they hear each other again', () => {
      one.publish('mandate.revoked', { ids: ['m_3'] })
      return heard.length > 0
    })
  })

  test('a server that is away, or that nobody answers at, keeps nobody from starting', async () => {
    await using store = await engine.open()
    await using alone = await join(store, newStream(), 1)
    expect(alone.connected).toBe(false)
    const heard: unknown[] = []
    alone.subscribe('mandate.revoked', (message) => heard.push(message))
    alone.publish('mandate.revoked', { ids: [] })
    expect(heard).toHaveLength(1)
  })
})
