import { connectAmbit } from '@ambit/sdk/client'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * Programs that the node starts: complaints about gateways that start one for each request, that run out of memory, or
 * that leave every client stranded when one restarts; and what an operator sees of them.
 */

/** Serves one tool that says its process id; with `die` it ends instead. */
const text = `
  console.error('started with ' + process.env.KEY)
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    if (params?.arguments?.text === 'die') process.exit(9)
    if (params?.arguments?.text === 'hoard') return void (globalThis.kept = Buffer.alloc(300 * 2 ** 20, 1))
    const tool = { name: 'echo', description: 'Its process', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } }
    const result = method === 'initialize'
      ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1.0.0' } }
      : method === 'tools/list' ? { tools: [tool] } : { content: [{ type: 'text', text: String(process.pid) }] }
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })`
const command = { program: process.execPath, args: ['-e', text], env: { KEY: 'secret-of-the-program' } }

let node: TestNode
let access: TestAccess

beforeAll(async () => {
  node = await startTestNode({ env: { AMBIT_CHILD_MEMORY_MB: '200' } })
  await bringOnline(node.ambit, { command }, 'program')
  access = await allow(node.ambit, [{ target: 'program', capability: '*', decision: 'autonomous' }])
})

afterAll(async () => await node[Symbol.asyncDispose]())

async function call(say = 'hello', { token } = access): Promise<string> {
  const answer = await rawCall(node.port, { token, args: { text: say } })
  const result = answer.json()['result'] as { content?: { text: string }[] } | undefined
  return result?.content?.[0]?.text ?? answer.text
}

async function signedIn(roles: readonly ('operator' | 'approver')[]) {
  const { signInLink } = await node.ambit.people.add({ name: roles.join(), roles: [...roles] })
  const token = new URL(signInLink).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
  return connectAmbit({ url: node.url, token: session! })
}

test('"spawns a child per request": a hundred calls of one holder are served by one program', async () => {
  const pids = await Promise.all(Array.from({ length: 100 }, async () => await call()))
  expect(new Set(pids).size).toBe(1)
  expect(Number(pids[0])).toBeGreaterThan(1)
})

test('"a restart strands every client": the next call of a program that ended starts it again', async () => {
  const before = await call()
  expect(await call('die')).toContain('upstream.unreachable')
  const after = await until('it runs again', async () => {
    const said = await call()
    return /^\d+$/.test(said) && said
  })
  expect(after).not.toBe(before)
})

test('"OOM twice a day": a program that takes more than it may is ended, and the node goes on', async () => {
  const other = await allow(node.ambit, [{ target: 'program', capability: '*', decision: 'autonomous' }])
  expect(await call('hoard', other)).toMatch(/upstream.unreachable.*more than 200 MB of memory/s)
  const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
  expect(act).toMatchObject({ status: 'failed', error: 'upstream.unreachable' })
  expect(await call()).toMatch(/^\d+$/)
})

describe('what a program writes on its standard error', () => {
  test('is shown to operators, without its credentials', async () => {
    await call()
    for (const ambit of [node.ambit, await signedIn(['operator'])]) {
      expect((await ambit.records.errorOutput('program')).text).toContain('started with [hidden]')
    }
    await expect(node.ambit.records.errorOutput('no-such')).rejects.toMatchObject({ status: 404 })
  })

  test('is shown to nobody else, but for auditors, who may read everything', async () => {
    const approver = await signedIn(['approver'])
    await expect(approver.records.errorOutput('program')).rejects.toMatchObject({ status: 403 })
    const anyone = connectAmbit({ url: node.url })
    await expect(anyone.records.errorOutput('program')).rejects.toMatchObject({ status: 401 })
  })
})

test('only operators register programs', async () => {
  const other = await signedIn(['approver'])
  await expect(other.records.register({ command, slug: 'mine' })).rejects.toMatchObject({ status: 403 })
})
