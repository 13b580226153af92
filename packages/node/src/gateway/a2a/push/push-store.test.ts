import type { PushConfig } from '@ambit/core/wire/a2a/push'
import { bareA2aTarget } from '@ambit/testkit/a2a-node'
import { testHolder } from '@ambit/testkit/a2a-gateway'
import { handClock } from '@ambit/testkit/clock'
import { memorySigner } from '@ambit/testkit/signers'
import { storeEngines } from '@ambit/testkit/stores'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'
import { createIds } from '../../../kernel/ids.ts'
import { createKeyring } from '../../../kernel/keyring.ts'
import { silentLog } from '../../../kernel/log.ts'
import { createAddressGuard } from '../../../net/address.ts'
import type { Upstream } from '../../../net/upstream.ts'
import type { Store } from '../../../store/store.ts'
import type { BackIntake, BackSink } from '../../back.ts'
import { openA2aTaskStore } from '../a2a-task-store.ts'
import { createTaskOwners } from '../task-owners.ts'
import { openConfig, sealBody, tokenHash } from './callback.ts'
import { createCallbacks } from './callbacks.ts'
import { clientView } from './config-arguments.ts'
import { Courier } from './courier.ts'
import { openPushStore } from './push-store.ts'

const ada = testHolder('ada')
const bob = testHolder('bob')
const target = bareA2aTarget('teller', 'http://127.0.0.1:1', 'jsonrpc')
const dayMs = 86_400_000
const config: PushConfig = {
  id: undefined,
  taskId: 't1',
  url: 'https://client.example/hook',
  token: 'client-token',
  authentication: { scheme: 'Bearer', credentials: 'client-secret' },
}

/** A receiver that answers as it is told to, and a gateway that lets pass or refuses. */
async function world(rows: Store) {
  const clock = handClock()
  const keyring = createKeyring(Buffer.alloc(32, 7), clock)
  const owners = createTaskOwners(await openA2aTaskStore(rows), clock, silentLog)
  const store = await openPushStore(rows)
  const ids = createIds(clock)
  const callbacks = createCallbacks({
    store,
    owners,
    keyring,
    guard: createAddressGuard([]),
    clock,
    ids,
    log: silentLog,
    origin: () => 'https://node.example',
  })
  const sent: string[] = []
  const intakes: BackIntake[] = []
  const state = { status: 204, refused: false, outcomes: [] as (string | undefined)[] }
  const upstream: Upstream = {
    send(request, handler) {
      sent.push(String(request.body))
      queueMicrotask(() => handler.head(state.status, {}))
      return { abort: () => undefined, resume: () => undefined }
    },
    close: async () => await Promise.resolve(),
  }
  const gateway = {
    back(intake: BackIntake, sink: BackSink) {
      intakes.push(intake)
      const reasons = [{ code: 'mandate.revoked', rule: 'm', what: 'revoked' }]
      const error = { code: 'mandate.revoked', detail: 'revoked' }
      if (state.refused)
        queueMicrotask(() =>
          sink.over({ status: 'failed', error }, { class: 'refuse', reasons, obligations: [] }),
        )
      else
        sink.deliver('d'.repeat(32), (answer) => {
          state.outcomes.push(answer.error?.code ?? answer.status)
          sink.over(answer, { class: 'allow', reasons: [], obligations: [] })
        })
      return { id: 'd'.repeat(32), stop: () => undefined }
    },
  }
  const courier = () =>
    new Courier({
      gateway,
      store,
      keyring,
      clock,
      upstream,
      signer: memorySigner(),
      log: silentLog,
      holderOf: () => ada,
      target: () => target,
    })
  async function armed(more: Partial<PushConfig> = {}): Promise<string> {
    const { id } = await callbacks.prepare(ada, target.id, { ...config, ...more })
    await callbacks.arm(id, 'a'.repeat(32), 'b'.repeat(32))
    return id
  }
  async function push(callback: string, text: string): Promise<void> {
    const [trace, act] = ['b'.repeat(32), ids.next()]
    const body = sealBody(keyring, callback, Buffer.from(text))
    const of = { holder: ada.key, record: target.id, late: 0, bytes: text.length, at: clock.now() }
    expect(await store.add({ callback, act, trace, body, ...of }, null, null)).toBe(true)
  }
  const waits = async () => (await store.waiting({ holder: ada.key })).pushes
  return { clock, keyring, store, callbacks, owners, courier, sent, intakes, state, armed, push, waits }
}

describe.each(storeEngines)('push callbacks on $name', (engine) => {
  test('keep the secrets of a client sealed and the token of the agent as its hash', async () => {
    await using rows = await engine.open()
    const { store, callbacks, keyring } = await world(rows)
    const { id } = await callbacks.prepare(ada, target.id, config)
    const agent = await callbacks.arm(id, 'act', 'trace')
    const row = (await store.callback(id))!
    expect(agent).toEqual({
      url: `https://node.example/a2a/push/${id}`,
      token: expect.stringMatching(/^cbt_[\w-]{43}$/) as string,
      authentication: { scheme: 'Bearer', credentials: agent?.token },
    })
    expect(row.token).toBe(tokenHash(agent!.token))
    expect(Buffer.from(row.sealed).toString('latin1')).not.toContain('client')
    expect(openConfig(keyring, row)).toMatchObject({ url: config.url, token: config.token })
    expect(
      await callbacks.ofUrl(agent?.url, { holder: bob.key, record: target.id, task: 't1' }),
    ).toBeUndefined()
    expect(
      await callbacks.ofUrl(agent?.url, { holder: ada.key, record: target.id, task: 't2' }),
    ).toBeUndefined()
    expect(
      await callbacks.ofUrl(agent?.url, { holder: ada.key, record: target.id, task: 't1' }),
    ).toBeDefined()
  })

  test('the same asked again before the agent has it is the same callback, a changed one another', async () => {
    await using rows = await engine.open()
    const { callbacks } = await world(rows)
    const first = await callbacks.prepare(ada, target.id, config)
    expect((await callbacks.prepare(ada, target.id, config)).id).toBe(first.id)
    expect((await callbacks.prepare(ada, target.id, { ...config, token: 'other' })).id).not.toBe(first.id)
    expect((await callbacks.prepare(bob, target.id, config)).id).not.toBe(first.id)
  })

  test('a task has ten settings, and one of the same name takes the place of the old one', async () => {
    await using rows = await engine.open()
    const { callbacks, store, armed } = await world(rows)
    for (let n = 0; n < 10; n++) await callbacks.settle(await armed({ id: `c${n}`, token: `${n}` }), `c${n}`)
    await expect(armed({ token: 'more' })).rejects.toMatchObject({ code: 'push.too-many' })
    const again = await armed({ id: 'c3', token: 'new' })
    await callbacks.settle(again, 'c3')
    const kept = await store.ofTask(ada.key, target.id, 't1')
    expect([kept.length, kept.filter((row) => row.config === 'c3').map((row) => row.id)]).toEqual([
      10,
      [again],
    ])
    await callbacks.end({ holder: ada.key, record: target.id, task: 't1' }, 'c3')
    expect(await store.callback(again)).toBeUndefined()
  })

  test("a callback takes the first task it hears of, and never another holder's", async () => {
    await using rows = await engine.open()
    const { callbacks, owners, armed } = await world(rows)
    const id = await armed({ taskId: undefined })
    expect(await owners.take(bob, target.id, 'bobs')).toBe(true)
    expect(await callbacks.bind(id, 'bobs')).toBe(false)
    expect(await callbacks.bind(id, 'mine')).toBe(true)
    expect(await callbacks.bind(id, 'mine')).toBe(true)
    expect(await callbacks.bind(id, 'another')).toBe(false)
    expect([...(await owners.owned(ada, target.id, ['mine']))]).toEqual(['mine'])
  })

  test('are forgotten a day after the end of the task, unless something waits', async () => {
    await using rows = await engine.open()
    const { store, callbacks, clock, armed, push } = await world(rows)
    const [over, waiting] = [await armed(), await armed({ token: 'w' })]
    const unsent = await callbacks.prepare(ada, target.id, { ...config, token: 'u' })
    await push(waiting, 'x')
    const ended = { act: 'a', trace: 'b', holder: ada.key, record: target.id, late: 0, bytes: 1 }
    const last = { ...ended, body: Buffer.from('x'), at: clock.now() }
    for (const callback of [over, waiting]) await store.add({ callback, ...last }, null, clock.now())
    await store.removePush(over, 1)
    clock.advance(dayMs + 3_600_000)
    await until('the ended one is swept', async () => (await store.callback(over)) === undefined)
    expect(await store.callback(waiting)).toBeDefined()
    expect(await store.callback(unsent.id)).toBeDefined()
    clock.advance(8 * dayMs)
    await until('the unsent one is swept', async () => (await store.callback(unsent.id)) === undefined)
  })

  test('pushes are delivered in order, tried again with growing pauses, and taken up by a new start', async () => {
    await using rows = await engine.open()
    const { courier, clock, armed, push, sent, state, waits, intakes, store } = await world(rows)
    const id = await armed()
    for (const text of ['one', 'two', 'three']) await push(id, text)
    const mine = { pushes: 3, bytes: 'onetwothree'.length }
    expect(await store.waiting({ holder: ada.key })).toEqual(mine)
    expect(await store.waiting({ record: target.id })).toEqual(mine)
    expect(await store.waiting({ holder: bob.key })).toEqual({ pushes: 0, bytes: 0 })
    state.status = 503
    const first = courier()
    await first.start()
    for (let tries = 1; tries <= 4; tries++) {
      await until(`try ${tries}`, () => sent.length === tries && clock.timers >= 2)
      clock.advance(1000 * 2 ** (tries - 1))
    }
    expect(new Set(sent)).toEqual(new Set(['one']))
    await first.close()
    state.status = 200
    clock.advance(15 * 60_000)
    const before = sent.length
    const second = courier()
    await second.start()
    await until('all is delivered', async () => (await waits()) === 0)
    expect(sent.slice(before)).toEqual(['one', 'two', 'three'])
    expect(new Set(intakes.map(({ question }) => question.capability.id))).toEqual(new Set(['task.push']))
    await second.close()
  })

  test('a client of 0.3 is told in the form of 0.3', async () => {
    await using rows = await engine.open()
    const { callbacks, courier, push, sent, waits, store } = await world(rows)
    const { id } = await callbacks.prepare(ada, target.id, config, '0.3')
    const { url } = (await callbacks.arm(id, 'a', 'b'))!
    await push(
      id,
      JSON.stringify({ statusUpdate: { taskId: 't1', status: { state: 'TASK_STATE_WORKING' } } }),
    )
    const only = courier()
    await only.start()
    await until('it is delivered', async () => (await waits()) === 0)
    expect(JSON.parse(sent[0]!)).toMatchObject({
      kind: 'status-update',
      taskId: 't1',
      status: { state: 'working' },
    })
    const of = { holder: ada.key, record: target.id, task: 't1' }
    expect(clientView({ id, url }, (await callbacks.ofUrl(url, of))!)).not.toHaveProperty('version')
    expect(await store.callback(id)).toBeDefined()
    await only.close()
  })

  test('a push is given up after a day, and the next one gets its turn', async () => {
    await using rows = await engine.open()
    const { courier, clock, armed, push, state, waits } = await world(rows)
    const id = await armed()
    await push(id, 'old')
    state.status = 500
    clock.advance(dayMs)
    const only = courier()
    await only.start()
    await until('it is given up', async () => (await waits()) === 0)
    expect(state.outcomes).toEqual(['push.given-up'])
    await push(id, 'new')
    only.wake(id, ada.key)
    await until('the next is tried', () => state.outcomes.length === 2)
    expect([state.outcomes.at(-1), await waits()]).toEqual(['push.not-delivered', 1])
    await only.close()
  })

  test('what may no longer be told is not delivered, and a receiver that is gone loses its setting', async () => {
    await using rows = await engine.open()
    const { courier, armed, push, sent, state, waits, store } = await world(rows)
    const id = await armed()
    await push(id, 'secret')
    state.refused = true
    const only = courier()
    await only.start()
    await until('it is refused', async () => (await waits()) === 0)
    expect(sent).toEqual([])
    state.refused = false
    state.status = 410
    await push(id, 'more')
    only.wake(id, ada.key)
    await until('the setting is gone', async () => (await store.callback(id)) === undefined)
    await only.close()
  })

  test('more callbacks than deliveries at once are all served', async () => {
    await using rows = await engine.open()
    const { courier, armed, push, sent, waits } = await world(rows)
    const only = courier()
    await only.start()
    for (let n = 0; n < 50; n++) {
      const id = await armed({ taskId: `task-${n}` })
      await push(id, `first ${n}`)
      await push(id, `second ${n}`)
      only.wake(id, n % 2 === 0 ? ada.key : bob.key)
    }
    await until('all is delivered', async () => (await waits()) === 0)
    expect(sent).toHaveLength(100)
    for (let n = 0; n < 50; n++) expect(sent.indexOf(`first ${n}`)).toBeLessThan(sent.indexOf(`second ${n}`))
    await only.close()
  })
})
