import type { Mandate } from '@ambit/core/mandate'
import { verifyChain } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import { beforeAll, expect, test } from 'vitest'
import { attenuate } from './attenuate.ts'
import { createHolderKey, openHolderKey } from './holder-key.ts'
import type { HolderKey } from './holder-key.ts'

const start = Date.UTC(2026, 10, 1)
const hourMs = 3_600_000
let user: HolderKey
let agent: HolderKey
let helper: HolderKey

beforeAll(async () => {
  ;[user, agent, helper] = [await createHolderKey(), await createHolderKey(), await createHolderKey()]
})

async function standing(change: Partial<Mandate> = {}) {
  const body: Mandate = {
    v: 1,
    type: 'mandate',
    id: 'm_1',
    issuer: user.signer.key,
    holder: agent.signer.key,
    subject: 'p_ann',
    organization: 'main',
    purpose: 'answer customers',
    allow: [
      { target: 'crm', capability: '*', arguments: { team: { in: ['north', 'south'] } }, decision: 'ask' },
      { target: 'mail', capability: 'send' },
    ],
    limits: { calls: 100, money: { EUR: 500 } },
    delegate: { depthMax: 2 },
    task: 'answer Ms Li',
    notBefore: new Date(start).toISOString(),
    expires: new Date(start + 24 * hourMs).toISOString(),
    nonce: '0123456789abcdef',
    ...change,
  }
  return await sign(body, user.signer)
}

test('a holder hands on less, offline, and what is left out stays as it was', async () => {
  const root = await standing()
  const chain = await attenuate([root], agent.signer, {
    holder: helper.signer.key,
    allow: [{ target: 'crm', capability: 'read*' }],
    limits: { calls: 5 },
    notBefore: start,
    expires: start + hourMs,
  })
  expect(await verifyChain(JSON.parse(JSON.stringify(chain)) as unknown[])).toMatchObject({ ok: true })
  expect(chain[1]?.body).toMatchObject({
    parent: 'm_1',
    issuer: agent.signer.key,
    holder: helper.signer.key,
    allow: [
      { target: 'crm', capability: 'read*', arguments: root.body.allow[0]!.arguments, decision: 'ask' },
    ],
    limits: { calls: 5, money: { EUR: 500 } },
    delegate: { depthMax: 1 },
    task: 'answer Ms Li',
    expires: new Date(start + hourMs).toISOString(),
  })
  const again = await attenuate(chain, helper.signer, { holder: user.signer.key, notBefore: start })
  expect(await verifyChain(again)).toMatchObject({ ok: true })
  await expect(attenuate(again, user.signer, { holder: agent.signer.key })).rejects.toMatchObject({
    code: 'chain.depth',
  })
})

test('what would be wider is refused by name, and nothing is signed', async () => {
  const root = await standing({ delegate: { depthMax: 2, to: [] } })
  const open = await standing()
  const give = { holder: helper.signer.key, notBefore: start }
  await expect(attenuate([], agent.signer, give)).rejects.toMatchObject({ code: 'chain.length' })
  await expect(attenuate([open], helper.signer, give)).rejects.toMatchObject({ code: 'chain.issuer' })
  await expect(attenuate([root], agent.signer, give)).rejects.toMatchObject({ code: 'chain.delegate' })
  for (const [wish, code] of [
    [{ allow: [{ target: 'bank', capability: '*' }] }, 'chain.widened'],
    [{ limits: { calls: 101 } }, 'chain.widened'],
    [{ limits: { money: { USD: 1 } } }, 'chain.widened'],
    [{ expires: start + 25 * hourMs }, 'chain.window'],
    [{ depthMax: 2 }, 'chain.depth'],
  ] as const)
    await expect(attenuate([open], agent.signer, { ...give, ...wish })).rejects.toMatchObject({ code })
})

test('a key that was kept signs again', async () => {
  const signer = await openHolderKey(agent.secret)
  expect(signer.key).toBe(agent.signer.key)
  const chain = await attenuate([await standing()], signer, { holder: helper.signer.key, notBefore: start })
  expect(await verifyChain(chain)).toMatchObject({ ok: true })
  await expect(openHolderKey('AAAA')).rejects.toThrow()
})
