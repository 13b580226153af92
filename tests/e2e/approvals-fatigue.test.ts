import { connectAmbit } from '@ambit/sdk/client'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { describe, expect, test } from 'vitest'

/* Single answers of whoever is asked too much mean nothing; and what only a person may do, an agent prepares. */

describe('a person who is asked too much', () => {
  test('cannot approve one by one, but the whole list, and nothing passes by itself', async () => {
    const desk = await startMcpServer()
    const node = await startTestNode({
      env: { AMBIT_APPROVAL_ASKS_MAX: '3', AMBIT_APPROVAL_QUICK_MAX: '100' },
    })
    try {
      await bringOnline(node.ambit, { url: desk.url }, 'desk')
      const access = await allow(node.ambit, [{ target: 'desk', capability: 'add', decision: 'ask' }])
      const ask = async (b: number) => {
        const answer = await rawCall(node.port, { token: access.token, name: 'add', args: { a: 1, b } })
        return answer.json()
      }
      for (const b of [1, 2, 3]) await ask(b)
      const before = (await node.ambit.approvals.lists()).lists[0]!.approvals[0]!
      await node.ambit.approvals.approve(before.id, before.digest)
      await until('it was done', async () => (await node.ambit.approvals.get(before.id)).state === 'done')
      await ask(4)
      const { rest, lists } = await node.ambit.approvals.lists()
      expect(rest).toBe(true)
      const cards = lists[0]!.approvals
      expect(cards.length).toBe(3)
      const plan = { code: 'approval.plan-mode', status: 429 }
      await expect(node.ambit.approvals.approve(cards[0]!.id, cards[0]!.digest)).rejects.toMatchObject(plan)
      const all = cards.map(({ id, digest }) => ({ id, digest }))
      // Not all of it, and not faster than anyone reads.
      await expect(node.ambit.approvals.together({ approve: all.slice(1) })).rejects.toMatchObject(plan)
      expect(desk.calls.length).toBe(1)
      const metrics = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text()
      expect(metrics).toMatch(/ambit_approval_fatigue_total [1-9]/)
      expect(metrics).toMatch(/ambit_approval_refusals_total\{code="approval\.plan-mode"\} [1-9]/)
      // A refusal is always taken.
      await node.ambit.approvals.deny(cards[0]!.id)
      // Neither the list nor a program opened the cards: nobody read them.
      const { token } = await node.ambit.people.createToken({ name: 'a program' })
      const program = connectAmbit({ url: node.url, token })
      for (const { id } of all) await program.approvals.get(id)
      await node.ambit.approvals.list({ state: 'pending' })
      const unread = expect.objectContaining({ detail: 'it was answered faster than anyone reads' })
      await expect(node.ambit.approvals.together({ approve: all.slice(1) })).rejects.toEqual(unread)
      for (const { id } of all.slice(1)) await node.ambit.approvals.get(id)
      await until('the list was open for a moment', async () =>
        node.ambit.approvals.together({ approve: all.slice(1) }).then(
          () => true,
          () => false,
        ),
      )
      await until('both were done', async () => desk.calls.length === 3)
    } finally {
      await node[Symbol.asyncDispose]()
      await desk.close()
    }
  })
})

describe('what only the person may do', () => {
  test('is refused to the agent and kept as a draft, which its person and nobody else performs', async () => {
    const desk = await startMcpServer()
    const node = await startTestNode()
    try {
      await bringOnline(node.ambit, { url: desk.url }, 'desk')
      const access = await allow(node.ambit, [{ target: 'desk', capability: 'add', decision: 'user' }])
      const answer = await rawCall(node.port, { token: access.token, name: 'add', args: { a: 1, b: 2 } })
      const { _meta: meta } = answer.json()['result'] as {
        _meta: { 'ambit/refusal': { reasons: { code: string; evidence: string }[] } }
      }
      const [reason] = meta['ambit/refusal'].reasons
      expect(reason?.code).toBe('user.only')
      const card = await node.ambit.approvals.get(reason!.evidence)
      expect(card).toMatchObject({ mode: 'draft', state: 'pending' })
      expect(card.sections[0]?.lines[1]?.en).toMatch(/only you may do it/)
      expect(desk.calls).toEqual([])
      await node.ambit.approvals.approve(card.id, card.digest)
      await until('it was done', async () => desk.calls.length === 1)
      // That was the person's; the agent's next one is refused as before.
      const again = await rawCall(node.port, { token: access.token, name: 'add', args: { a: 1, b: 2 } })
      expect(again.json()['result']).toMatchObject({ isError: true })
      expect(desk.calls.length).toBe(1)
    } finally {
      await node[Symbol.asyncDispose]()
      await desk.close()
    }
  })
})
