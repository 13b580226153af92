import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Receipt } from '@ambit/core/receipt'
import { connectAmbit } from '@ambit/sdk/client'
import type { ActSummary } from '@ambit/sdk/acts'
import { verifyReceipt } from '@ambit/sdk/verify'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import type { TestMcpServer } from '@ambit/testkit/mcp-server'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * What happened, proved to somebody who asks nobody: acts that were allowed, refused, cancelled and failed, from their
 * leaves, the paths and the signed checkpoint alone.
 */

const cli = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const args = { text: 'a secret between us' }

let node: TestNode
let server: TestMcpServer
let folder: string
let access: TestAccess
const acts = new Map<string, ActSummary>()
const receipts = new Map<string, Receipt>()

const kinds = ['allowed', 'refused', 'cancelled', 'failed'] as const

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ambit-receipts-'))
  server = await startMcpServer({ eras: 'modern' })
  node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'desk')
  access = await allow(node.ambit, [
    { target: 'desk', capability: 'echo', decision: 'autonomous' },
    { target: 'desk', capability: 'slow', decision: 'autonomous' },
    { target: 'desk', capability: 'add', decision: 'user' },
  ])
  const call = async (name: string, given: unknown) =>
    await rawCall(node.port, { token: access.token, name, args: given })
  await keep('allowed', 'echo', async () => void (await call('echo', args)))
  await keep('refused', 'add', async () => void (await call('add', { a: 1, b: 2 })))
  await keep('cancelled', 'slow', async () => {
    const ended = call('slow', { steps: 100_000 })
    await until('the server has the call', () => server.calls.some((each) => each.tool === 'slow'))
    await node.ambit.records.recall('desk', { note: 'leaks' })
    await ended
    await node.ambit.records.reinstate('desk', 'mended')
  })
  await server.close()
  await keep('failed', 'echo', async () => void (await call('echo', { text: 'nobody is there' })))
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Does something, and keeps the act it made and its receipt. */
async function keep(
  kind: (typeof kinds)[number],
  capability: string,
  run: () => Promise<void>,
): Promise<void> {
  await run()
  const [act] = (await node.ambit.acts.list({ limit: 1 })).acts
  if (act?.capability !== capability) throw new Error(`the newest act is not of ${capability}`)
  acts.set(kind, act)
  receipts.set(kind, (await node.ambit.acts.receipt(act.act)) as Receipt)
}

/** The program in a process of its own that knows no node: its address is one where nothing listens. */
async function ambitVerify(receipt: unknown, ...more: string[]): Promise<{ code: unknown; out: string }> {
  const file = join(folder, 'receipt.json')
  writeFileSync(file, JSON.stringify(receipt))
  return await new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: folder }
    const child = execFile(
      process.execPath,
      [cli, 'verify', file, ...more],
      { env, cwd: folder },
      (error, out, err) => resolve({ code: error === null ? 0 : error.code, out: out + err }),
    )
    child.stdin?.end()
  })
}

const vkeys = async () => (await node.ambit.status()).ledgers.map((ledger) => ledger.vkey)

const expected = {
  allowed: { leaves: ['act.intent', 'act.outcome'], last: { status: 'completed' } },
  refused: { leaves: ['act.refused'], last: { reasons: [{ code: 'user.only' }] } },
  cancelled: {
    leaves: ['act.intent', 'act.outcome'],
    last: { status: 'cancelled', error: 'record.recalled' },
  },
  failed: {
    leaves: ['act.intent', 'act.outcome'],
    last: { status: 'failed', error: 'upstream.unreachable' },
  },
} as const

describe.each(kinds)('the receipt of an act that was %s', (kind) => {
  test('proves it offline, by a key that its reader trusts', async () => {
    const verdict = await verifyReceipt(receipts.get(kind), { vkeys: await vkeys() })
    if (!verdict.ok) throw new Error(verdict.reason)
    expect(verdict).toMatchObject({ act: acts.get(kind)?.act, keyPinned: true })
    expect(verdict.leaves.map(({ leaf }) => leaf.kind)).toEqual(expected[kind].leaves)
    expect(verdict.leaves.at(-1)?.leaf).toMatchObject(expected[kind].last)
  })

  test('holds for the program that verifies where no node is', async () => {
    const key = receipts.get(kind)?.log.vkey ?? ''
    const pinned = await ambitVerify(receipts.get(kind), '--key', key)
    expect(pinned, pinned.out).toMatchObject({ code: 0 })
    expect(pinned.out).toContain('by a key you named')
  })

  test('holds nothing of what was said', () => {
    expect(JSON.stringify(receipts.get(kind))).not.toContain(args.text)
  })
})

test('a receipt that was tampered with is refused', async () => {
  const whole = receipts.get('allowed')!
  const [intent, outcome] = whole.leaves
  const changes: Receipt[] = [
    { ...whole, leaves: [{ ...intent!, entry: intent!.entry.replace('"echo"', '"slow"') }, outcome!] },
    { ...whole, leaves: [intent!, { ...outcome!, entry: outcome!.entry.replace('completed', 'cancelled') }] },
    { ...whole, leaves: [intent!, { ...outcome!, index: outcome!.index + 1 }] },
    { ...whole, leaves: [outcome!, intent!] },
    { ...whole, leaves: [intent!, receipts.get('cancelled')!.leaves[1]!] },
    { ...whole, act: acts.get('failed')!.act },
    {
      ...whole,
      checkpoint: whole.checkpoint.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`),
    },
    { ...whole, log: { ...whole.log, origin: 'elsewhere.example/activity' } },
    { ...whole, leaves: [{ ...intent!, hashes: intent!.hashes.slice(1) }, outcome!] },
  ]
  expect((await verifyReceipt(whole)).ok).toBe(true)
  for (const [at, changed] of changes.entries()) {
    expect(JSON.stringify(changed), String(at)).not.toBe(JSON.stringify(whole))
    expect((await verifyReceipt(changed)).ok, String(at)).toBe(false)
  }
  expect((await verifyReceipt(whole, { vkeys: ['elsewhere.example/activity+00000000+AAAA'] })).ok).toBe(false)
  const { code, out } = await ambitVerify(changes[0])
  expect(code).toBe(1)
  expect(out).toContain('does not hold')
})

test('whoever acted can prove what was said, by what the node opens to nobody else', async () => {
  const { act } = acts.get('allowed')!
  const { openings, unopened } = await node.ambit.acts.contents(act)
  expect(unopened).toEqual([])
  expect(openings.map(({ field }) => field)).toEqual(['arguments', 'result'])
  expect(openings[1]!.text).toContain(args.text)
  expect(await verifyReceipt({ ...receipts.get('allowed')!, openings })).toMatchObject({ ok: true })
  const salt = openings.find((each) => each.field === 'arguments')!
  expect(salt.text).toBe(JSON.stringify(args))
  const opened = (text: string, given = salt.salt): unknown => ({
    ...receipts.get('allowed')!,
    openings: [{ index: salt.index, field: 'arguments', salt: given, text }],
  })
  expect(await verifyReceipt(opened(JSON.stringify(args)))).toMatchObject({ ok: true })
  expect(await verifyReceipt(opened('{"text":"something else"}'))).toMatchObject({
    ok: false,
    code: 'receipt.opening',
  })
  const other = (await node.ambit.acts.contents(acts.get('failed')!.act)).openings[0]!
  expect(await verifyReceipt(opened(JSON.stringify(args), other.salt))).toMatchObject({
    ok: false,
    code: 'receipt.opening',
  })
})

test("another person's acts are shown to owners and auditors only", async () => {
  const { act } = acts.get('allowed')!
  const operator = await signIn('Other', ['operator'])
  const theirs = connectAmbit({ url: node.url, token: operator })
  expect((await theirs.acts.list()).acts).toEqual([])
  await expect(theirs.acts.receipt(act)).rejects.toMatchObject({ status: 404, code: 'act.unknown' })
  await expect(theirs.acts.contents(act)).rejects.toMatchObject({ status: 404 })
  const auditor = await signIn('Auditor', ['auditor'])
  const reading = connectAmbit({ url: node.url, token: auditor })
  expect((await reading.acts.list()).acts.map((each) => each.act)).toContain(act)
  expect((await verifyReceipt(await reading.acts.receipt(act))).ok).toBe(true)
  // An auditor sees that it happened, never what was said.
  await expect(reading.acts.contents(act)).rejects.toMatchObject({ status: 403, code: 'contents.not-yours' })
})

test('a person sees their own act already while it only waits for them', async () => {
  const theirs = connectAmbit({ url: node.url, token: await signIn('Asked', ['operator']) })
  const own = await allow(theirs, [{ target: 'desk', capability: 'echo', decision: 'ask' }])
  await rawCall(node.port, { token: own.token, name: 'echo', args })
  const { acts: seen } = await theirs.acts.list()
  expect(seen.map((act) => act.decision)).toEqual(['ask'])
  expect((await verifyReceipt(await theirs.acts.receipt(seen[0]!.act))).ok).toBe(true)
  const others = connectAmbit({ url: node.url, token: await signIn('Not asked', ['operator']) })
  expect((await others.acts.list()).acts).toEqual([])
})

test('an act that never was has no receipt', async () => {
  for (const act of ['0'.repeat(32), 'nonsense', `${acts.get('allowed')!.act.slice(0, -1)}0`, '../status']) {
    if (act === acts.get('allowed')!.act) continue
    await expect(node.ambit.acts.receipt(act), act).rejects.toMatchObject({ status: 404 })
  }
})

async function signIn(name: string, roles: readonly ('operator' | 'auditor')[]): Promise<string> {
  const { signInLink } = await node.ambit.people.add({ name, roles })
  const token = new URL(signInLink).searchParams.get('token') ?? ''
  return (await connectAmbit({ url: node.url }).people.signIn(token, 'cli')).session ?? ''
}
