import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { base64urlBytes } from '@ambit/core/bytes'
import type { Receipt } from '@ambit/core/receipt'
import { commitment } from '@ambit/core/receipt'
import { SubjectKeys } from '@ambit/node/identity/identity'
import { systemClock } from '@ambit/node/kernel/clock'
import { createKeyring } from '@ambit/node/kernel/keyring'
import { readHead } from '@ambit/node/contents/block'
import { openBlock } from '@ambit/node/contents/seal'
import { verifyReceipt } from '@ambit/sdk/verify'
import { readLog } from '@ambit/testkit/log-reader'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { answerJson, rawCall, startRawMcpServer, textResult } from '@ambit/testkit/raw-mcp'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { allow, bringOnline, removeData, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { expect, test } from 'vitest'

/*
 * What was said in acts: opened for the person whose acts they are, and erased for good, whatever happens to the node
 * meanwhile, while every receipt goes on to verify.
 */

const cli = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const secret = 'the meeting is at the old lighthouse'

function filesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return names.filter((name) => statSync(name).isFile())
}

/** Files of the data folder in which one of these bytes lies. */
function lies(folder: string, ...wanted: readonly (string | Uint8Array)[]): string[] {
  return filesOf(folder).filter((name) => {
    const bytes = readFileSync(name)
    return wanted.some((each) => bytes.includes(each))
  })
}

/** The person's secret as whoever has the disk and the master key gets at it. */
function stolenKeys(
  data: string,
  person: string,
): { sealed: Buffer; secret: Buffer; keys: SubjectKeys } | undefined {
  const database = new DatabaseSync(join(data, 'store.sqlite'), { readOnly: true })
  const row = database.prepare('select period, sealed from subject_secret where person = ?').get(person)
  database.close()
  if (row === undefined) return undefined
  const period = String(row['period'])
  const sealed = Buffer.from(row['sealed'] as Uint8Array)
  const keyring = createKeyring(readFileSync(join(data, 'keys', 'master.key')), systemClock)
  const opened = keyring.open('identity.subject-secret', `${person} ${period}`, sealed)
  return { sealed, secret: opened, keys: new SubjectKeys(opened, period) }
}

/** Whether the first block of the files opens with these keys. */
function opensOnDisk(data: string, keys: SubjectKeys): boolean {
  const [file] = filesOf(join(data, 'contents'))
  const bytes = readFileSync(file!)
  const head = readHead(bytes, 0)!
  return openBlock({ head, bytes: bytes.subarray(0, 100 + head.bytes) }, keys)?.includes(secret) ?? false
}

async function room(): Promise<{ node: TestNode; person: string; say: (text: string) => Promise<string> }> {
  const server = await startMcpServer({ eras: 'modern' })
  const node = await startTestNode()
  await bringOnline(node.ambit, { url: server.url }, 'desk')
  const access = await allow(node.ambit, [{ target: 'desk', capability: 'echo', decision: 'autonomous' }])
  const { person } = await node.ambit.people.me()
  return {
    node: {
      ...node,
      async [Symbol.asyncDispose]() {
        await node[Symbol.asyncDispose]()
        await server.close()
      },
    },
    person: person.id,
    async say(text) {
      const { text: answer } = await rawCall(node.port, { token: access.token, name: 'echo', args: { text } })
      expect(answer).toContain(text)
      return (await node.ambit.acts.list({ limit: 1 })).acts[0]!.act
    },
  }
}

test('contents open and verify until they are erased; then nothing opens, and the receipt still verifies', async () => {
  const { node, person, say } = await room()
  await using _ = node
  const act = await say(secret)
  const receipt = (await node.ambit.acts.receipt(act)) as Receipt
  const { openings, unopened } = await node.ambit.acts.contents(act)
  expect(openings.map(({ field, text }) => [field, text?.includes(secret)])).toEqual([
    ['arguments', true],
    ['result', true],
  ])
  expect(unopened).toEqual([])
  const opened = { ...receipt, openings }
  expect(await verifyReceipt(opened)).toMatchObject({ ok: true })
  // In no file in the clear; and with the keys the bytes are what they should be.
  const stolen = stolenKeys(node.data, person)!
  expect(lies(node.data, secret, stolen.secret, stolen.keys.content)).toEqual([])
  expect(lies(node.data, stolen.sealed, stolen.keys.tag).length).toBeGreaterThan(0)
  expect(opensOnDisk(node.data, stolen.keys)).toBe(true)

  const erased = await node.ambit.people.erase(person, { ground: 'Art. 17 GDPR' })
  expect(erased.periods).toHaveLength(1)
  await expect(node.ambit.acts.contents(act)).rejects.toMatchObject({ status: 410, code: 'contents.erased' })
  const { keys } = stolen
  expect(lies(node.data, secret, stolen.sealed, stolen.secret, keys.content, keys.salt, keys.tag)).toEqual([])
  expect(opensOnDisk(node.data, keys)).toBe(false)
  // What was proved stays proved: the old receipt, and one that is made now.
  expect(await verifyReceipt(opened)).toMatchObject({ ok: true })
  expect(await verifyReceipt(await node.ambit.acts.receipt(act))).toMatchObject({ ok: true })
  await until('the log is published', async () =>
    (await node.ambit.status()).ledgers.every((ledger) => ledger.size === ledger.publishedSize),
  )
  const entries = (await readLog(node.url, 'activity')).filter((leaf) => leaf.kind === 'erase')
  expect(entries).toMatchObject([{ ground: 'Art. 17 GDPR', by: person, subject: erased.entry?.subject }])
  const salt = base64urlBytes(erased.entry!.salt)
  expect(await commitment(salt, Buffer.from(person))).toBe(erased.entry!.subject)
  // Again is nothing, and the next act has a key of its own.
  expect(await node.ambit.people.erase(person, { ground: 'again' })).toEqual({ periods: [] })
  const next = await say('and now something else')
  expect((await node.ambit.acts.contents(next)).openings[1]?.text).toContain('something else')
  await expect(node.ambit.acts.contents(act)).rejects.toMatchObject({ code: 'contents.erased' })
})

test('only the person and an owner erase, only an owner freezes, and bad input is refused by name', async () => {
  const { node, person, say } = await room()
  await using _ = node
  const act = await say(secret)
  const { signInLink } = await node.ambit.people.add({ name: 'Other', roles: ['operator', 'auditor'] })
  const post = async (token: string, path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${node.url}/api/people/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return [
      answer.status,
      answer.status === 204 ? '' : (((await answer.json()) as { code?: string }).code ?? ''),
    ]
  }
  const link = new URL(signInLink).searchParams.get('token')
  const signIn = await fetch(`${node.url}/api/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: link, client: 'cli' }),
  })
  const other = ((await signIn.json()) as { session: string }).session
  const ground = { ground: 'asked' }
  expect(await post(other, `${person}/erase`, ground)).toEqual([403, 'auth.role'])
  expect(await post(other, `${person}/freeze`, ground)).toEqual([403, 'auth.role'])
  expect(await post(node.session, 'p_nobody/erase', ground)).toEqual([404, 'input.not-found'])
  expect(await post(node.session, `${person}/erase`, {})).toEqual([400, 'input.invalid'])
  expect(await post(node.session, `${person}/erase`, { ...ground, period: '2026' })).toEqual([
    400,
    'input.invalid',
  ])
  const { token } = await node.ambit.people.createToken({ name: 'a program' })
  expect(await post(token, `${person}/erase`, ground)).toEqual([403, 'auth.session-only'])
  expect(await post(node.session, `${person}/freeze`, ground)).toEqual([204, ''])
  await expect(node.ambit.acts.contents(act)).rejects.toMatchObject({ code: 'contents.frozen' })
  expect(await post(node.session, `${person}/erase`, ground)).toEqual([409, 'contents.frozen'])
  expect(await post(node.session, `${person}/release`, {})).toEqual([204, ''])
  expect((await node.ambit.acts.contents(act)).openings).toHaveLength(2)
})

test('the command line shows, proves and erases', async () => {
  const { node, person, say } = await room()
  await using _ = node
  const act = await say(secret)
  const folder = mkdtempSync(join(tmpdir(), 'ambit-erase-'))
  const env = { PATH: process.env['PATH'], HOME: folder, AMBIT_URL: node.url, AMBIT_TOKEN: node.session }
  const ambit = async (...argv: string[]) =>
    await new Promise<{ code: unknown; text: string }>((resolve) => {
      const child = execFile(process.execPath, [cli, ...argv], { env, cwd: folder }, (error, out, err) =>
        resolve({ code: error === null ? 0 : error.code, text: out + err }),
      )
      child.stdin?.end()
    })
  const shown = await ambit('acts', 'show', act, '--contents')
  expect(shown.text).toContain(secret)
  expect((await ambit('acts', 'show', act)).text).not.toContain(secret)
  const opened = await ambit('receipt', act, '--open', '--json')
  expect(await verifyReceipt(JSON.parse(opened.text))).toMatchObject({ ok: true })
  expect(opened.text).toContain(secret)
  expect((await ambit('erase', '--subject', person)).text).toContain('--ground')
  expect((await ambit('erase', '--subject', person, '--ground', 'why', '--freeze')).code).toBe(0)
  expect((await ambit('acts', 'show', act, '--contents')).text).toContain('contents.frozen')
  expect((await ambit('erase', '--subject', person, '--release')).code).toBe(0)
  expect((await ambit('erase', '--subject', person, '--ground', 'asked')).text).toContain('salt')
  expect((await ambit('acts', 'show', act, '--contents')).text).toContain('contents.erased')
  expect((await ambit('erase', '--subject', person, '--ground', 'asked')).text).toContain('nothing to erase')
  rmSync(folder, { recursive: true, force: true })
})

const rounds = 2
const actsPerRound = 40
const large = 'x'.repeat(100_000)

/** The state of the newest erasure on the disk of a node. */
function erasures(data: string): { finished: number; unfinished: number } {
  const database = new DatabaseSync(join(data, 'store.sqlite'), { readOnly: true, timeout: 2000 })
  try {
    const [all] = database
      .prepare('select count(*) as n, coalesce(sum(finished), 0) as done from subject_erasure')
      .all()
    return { finished: Number(all!['done']), unfinished: Number(all!['n']) - Number(all!['done']) }
  } finally {
    database.close()
  }
}

test('kill -9 in the middle of erasing: the next start finishes it, once', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ambit-erase-'))
  await using upstream = await startRawMcpServer(({ id, params }, response) => {
    answerJson(response, id, textResult((params.arguments as { text: string }).text))
  })
  let node: SpawnedNode = await spawnNode({ data })
  await bringOnline(node.ambit, { url: upstream.url }, 'desk')
  const access = await allow(node.ambit, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
  const { person } = await node.ambit.people.me()
  let cut = 0
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < actsPerRound; at++) {
      await rawCall(node.port, { token: access.token, args: { text: `${secret} ${round} ${at} ${large}` } })
    }
    const { acts } = await node.ambit.acts.list({ limit: 1 })
    const { act } = acts[0]!
    expect((await node.ambit.acts.contents(act)).openings).toHaveLength(2)
    const { keys, sealed } = stolenKeys(data, person.id)!
    const erasing = node.ambit.people.erase(person.id, { ground: `round ${round}` }).catch(() => undefined)
    await until('it has begun', () => erasures(data).unfinished + erasures(data).finished > round, 10_000)
    await node.kill()
    await erasing
    cut += erasures(data).unfinished
    node = await spawnNode({ data })
    expect(erasures(data)).toEqual({ finished: round + 1, unfinished: 0 })
    await expect(node.ambit.acts.contents(act)).rejects.toMatchObject({ code: 'contents.erased' })
    expect(lies(data, secret, keys.tag, keys.content, keys.salt, sealed)).toEqual([])
    expect(await verifyReceipt(await node.ambit.acts.receipt(act))).toMatchObject({ ok: true })
    await until('the log is published', async () =>
      (await node.ambit.status()).ledgers.every((ledger) => ledger.size === ledger.publishedSize),
    )
    const entries = (await readLog(node.url, 'activity')).filter((leaf) => leaf.kind === 'erase')
    expect(entries).toHaveLength(round + 1)
  }
  console.log(`erasures cut off in the middle: ${cut} of ${rounds}`)
  await node[Symbol.asyncDispose]()
  removeData(data)
})
