import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Profile } from '@ambit/core/record'
import { startDeskServer } from '@ambit/testkit/mcp-desk'
import type { DeskServer } from '@ambit/testkit/mcp-desk'
import { provenFetch } from '@ambit/sdk/agent-fetch'
import { openHolderKey } from '@ambit/sdk/holder-key'
import { connectMcpClient } from '@ambit/testkit/mcp-clients'
import { rawCall } from '@ambit/testkit/raw-mcp'
import { allow, bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestAccess, TestNode } from '@ambit/testkit/start-node'
import { until } from '@ambit/testkit/until'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeTerminal } from '../../packages/cli/src/fake-node.ts'
import { runAmbit } from '../../packages/cli/src/program.ts'

/*
 * The command line against a node that works: what a person reads, decides, stops and takes back, and a mandate that
 * its holder hands on with files only.
 */

const base = { roles: {}, integrity: {}, dataClasses: [] }
const profiles: Readonly<Record<string, Profile>> = {
  create_note: {
    ...base,
    effect: 'write',
    reversibility: 2,
    inverse: { capability: 'delete_note', arguments: { id: { from: 'result', path: 'id' } } },
  },
  delete_note: { ...base, effect: 'write', reversibility: 2 },
  archive_note: { ...base, effect: 'write', reversibility: 1, windowMs: 600_000 },
  unarchive_note: { ...base, effect: 'write', reversibility: 0 },
  list_notes: { ...base, effect: 'read', reversibility: 0 },
  send_mail: { ...base, effect: 'egress', reversibility: 3, roles: { to: 'sink', text: 'content' } },
}

let node: TestNode
let desk: DeskServer
let access: TestAccess
const folder = mkdtempSync(join(tmpdir(), 'ambit-cli-'))

beforeAll(async () => {
  desk = await startDeskServer()
  node = await startTestNode({ env: { AMBIT_HOLD_WAIT_MS: '50' } })
  await bringOnline(node.ambit, { url: desk.url }, 'desk')
  await node.ambit.records.accept('desk', { profiles })
  access = await allow(node.ambit, [
    { target: 'desk', capability: 'send_mail', decision: 'ask' },
    { target: 'desk', capability: '*', decision: 'autonomous' },
  ])
})

afterAll(async () => {
  await node[Symbol.asyncDispose]()
  await desk.close()
  rmSync(folder, { recursive: true })
})

/** Runs a command as whoever has the token, with a person at the terminal where an answer is given. */
async function ambit(
  argv: readonly string[],
  { token = node.session, answer }: { token?: string; answer?: string } = {},
) {
  const terminal = fakeTerminal(
    { HOME: folder, AMBIT_URL: node.url, AMBIT_TOKEN: token },
    answer === undefined ? {} : { answer },
  )
  const exitCode = await runAmbit(argv, { ...terminal, now: () => Date.now() })
  return { exitCode, out: terminal.printed.join('\n'), err: terminal.errors.join('\n') }
}

const at = (name: string) => join(folder, name)
const nobody = { token: '' }

async function json(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, out, err } = await ambit([...argv, '--json'])
  expect(exitCode, err).toBe(0)
  return JSON.parse(out) as Readonly<Record<string, unknown>>
}

async function call(name: string, args: Readonly<Record<string, unknown>>) {
  const capabilities = { elicitation: { url: {} } }
  const answer = await rawCall(node.port, { token: access.token, name, args, capabilities })
  return answer.json()['result'] as { isError?: boolean; resultType?: string }
}

test('what waits is listed with what it is about, watched, and refused', async () => {
  const watching = ambit(['approvals', 'watch', '--once', '--json'])
  await call('send_mail', { to: 'li@example.org', text: 'hello' })
  const { exitCode, out } = await watching
  expect(exitCode).toBe(0)
  const { id, act } = JSON.parse(out) as { id: string; act: string }
  const card = await ambit(['approvals', 'show', id])
  expect(card.out).toContain('to: "li@example.org" (never approved before)')
  expect(card.out).toContain(`${node.url}/approvals/${id}`)
  expect((await ambit(['acts'])).out).toContain(`send_mail of desk, ask`)
  const acts = (await json('acts', '--limit', '5'))['acts'] as { act: string; target?: { slug: string } }[]
  expect(acts.find((each) => each.act === act)?.target?.slug).toBe('desk')
  // Nobody sits at that terminal: a yes has to be typed.
  expect(await ambit(['approve', id])).toMatchObject({ exitCode: 2 })
  expect(await ambit(['deny', id, '--note', 'not now'])).toMatchObject({ exitCode: 0 })
  expect(await ambit(['approve', id])).toMatchObject({ exitCode: 2 })
  expect(desk.sent).toEqual([])
})

test('a person at the terminal lets it happen, with other values, or several at once', async () => {
  const waiting = async () => (await json('approvals'))['approvals'] as { id: string }[]
  await call('send_mail', { to: 'li@example.org', text: 'one' })
  const [one] = await waiting()
  expect(await ambit(['approve', one!.id], { answer: 'no' })).toMatchObject({ exitCode: 1 })
  const values = ['--set', 'text=another']
  const edited = await ambit(['approvals', 'edit', one!.id, ...values], { answer: 'yes' })
  expect(edited.exitCode, edited.err).toBe(0)
  await until('it was sent', () => desk.sent.length === 1)
  expect(desk.sent[0]).toMatchObject({ text: 'another' })
  // It cannot be undone, so there is no yes for later calls.
  await call('send_mail', { to: 'li@example.org', text: 'two' })
  const [two] = await waiting()
  expect(await ambit(['approvals', 'narrow', two!.id], { answer: 'yes' })).toMatchObject({ exitCode: 2 })
  await call('send_mail', { to: 'wu@example.org', text: 'three' })
  const together = await ambit(['approvals', 'together', '--without', two!.id], { answer: 'yes' })
  expect(together.exitCode, together.err).toBe(0)
  await until('it was sent', () => desk.sent.length === 2)
  expect(desk.sent[1]).toMatchObject({ text: 'three' })
  expect(await waiting()).toEqual([])
})

test('a yes for later calls is listed, counts, and is ended', async () => {
  const { id } = await json('rules', 'add', 'desk/create_note', '--decision', 'ask')
  expect((await call('create_note', { text: 'a' })).resultType).toBe('input_required')
  const [asked] = (await json('approvals'))['approvals'] as { id: string }[]
  const yes = await ambit(['approvals', 'narrow', asked!.id, '--for', '7d'], { answer: 'yes' })
  expect(yes.exitCode, yes.err).toBe(0)
  await until('it was made', () => desk.notes.size === 1)
  const [standing] = (await json('standing'))['standing'] as { id: string }[]
  expect((await ambit(['standing'])).out).toContain('create_note of desk')
  expect(await ambit(['standing', 'end', standing!.id])).toMatchObject({ exitCode: 0 })
  expect((await ambit(['standing', 'list'])).out).toBe('None.')
  await ambit(['rules', 'remove', String(id)])
})

test('what is held is vetoed or released, and what was done is taken back', async () => {
  await call('archive_note', { id: 7 })
  await call('archive_note', { id: 8 })
  const held = (await json('outbox'))['held'] as { id: string; arguments: { text: string }[] }[]
  expect(held).toHaveLength(2)
  const [first, second] = [7, 8].map((id) => held.find((each) => each.arguments[0]?.text === String(id))!.id)
  expect(await ambit(['outbox', 'veto', first!])).toMatchObject({ exitCode: 0 })
  expect(await ambit(['outbox', 'release', second!])).toMatchObject({ exitCode: 0 })
  await until('it was done', () => desk.archived.has(8))
  expect(desk.archived.has(7)).toBe(false)

  await call('create_note', { text: 'by mistake' })
  await until('the feed has it', async () =>
    (await ambit(['feed', '--limit', '1'])).out.includes('create_note'),
  )
  const { entries } = await json('feed', '--since', '1h', '--effect', 'write')
  const made = (entries as { act: string; tool: { capability: string } }[]).find(
    ({ tool }) => tool.capability === 'create_note',
  )!
  const notes = desk.notes.size
  expect((await ambit(['undo', made.act])).out).toMatch(/^Undone by /)
  expect(desk.notes.size).toBe(notes - 1)
  expect(await ambit(['undo', made.act])).toMatchObject({ exitCode: 1 })
})

test('a rule asks and a stop stops, until they are taken away by a session', async () => {
  const { id } = await json('rules', 'add', 'desk/list_notes', '--decision', 'ask', '--note', 'for now')
  expect((await call('list_notes', {})).resultType).toBe('input_required')
  const { token } = await json('tokens', 'new', 'a program', '--expires', '1d')
  expect((await ambit(['rules', 'remove', String(id)], { token: String(token) })).err).toContain(
    'ambit login',
  )
  expect(await ambit(['rules', 'remove', String(id)])).toMatchObject({ exitCode: 0 })
  expect((await call('list_notes', {})).resultType).toBe('complete')

  // A token may pull the plug and not put it back.
  const stopped = await ambit(['stop', '--mine', '--note', 'odd', '--json'], { token: String(token) })
  const { stop } = JSON.parse(stopped.out) as { stop: { id: string } }
  expect((await call('list_notes', {})).isError).toBe(true)
  expect((await ambit(['stop', 'list'])).out).toContain(stop.id)
  expect(await ambit(['stop', 'lift', stop.id], { token: String(token) })).toMatchObject({ exitCode: 2 })
  expect(await ambit(['stop', 'lift', stop.id])).toMatchObject({ exitCode: 0 })
  expect((await call('list_notes', {})).isError).not.toBe(true)
  expect((await ambit(['stop', 'list'])).out).toBe('Nothing is stopped.')
})

test('a holder hands its mandate on with files only, and the next one acts', async () => {
  const [first, second] = [
    await json('keys', 'new', at('first.key')),
    await json('keys', 'new', at('second.key')),
  ]
  expect(statSync(at('first.key')).mode & 0o777).toBe(0o600)
  const kept = readFileSync(at('first.key'), 'utf8')
  expect(await ambit(['keys', 'new', at('first.key')])).toMatchObject({ exitCode: 2 })
  expect(readFileSync(at('first.key'), 'utf8')).toBe(kept)

  const holder = String(first['key'])
  const granted = await json('grant', '--purpose', 'keep notes', '--allow', 'desk/*', '--holder', holder)
  await json('mandate', 'chain', String(granted['id']), '-o', at('chain.json'))
  const narrower = ['--key', at('first.key'), '--holder', String(second['key']), '--allow', 'desk/list_notes']
  const handed = await ambit(
    ['mandate', 'attenuate', at('chain.json'), ...narrower, '-o', at('longer.json')],
    nobody,
  )
  expect(handed.exitCode, handed.err).toBe(0)
  const wider = ['--key', at('second.key'), '--holder', holder, '--allow', 'desk/*']
  const refused = await ambit(['mandate', 'attenuate', at('longer.json'), ...wider], nobody)
  expect(refused).toMatchObject({ exitCode: 1 })
  expect(refused.err).toContain('[chain.widened]')

  // Nobody is signed in: the key says who it is.
  const shown = await ambit(
    ['mandate', 'present', at('longer.json'), '--key', at('second.key'), '--json'],
    nobody,
  )
  expect(shown.exitCode, shown.err).toBe(0)
  const { token, expiresInS } = JSON.parse(shown.out) as { token: string; expiresInS: number }
  expect(expiresInS).toBeLessThanOrEqual(900)
  // The token is worth nothing without the key: each request proves it.
  await expect(connectMcpClient(`${node.url}/mcp`, { token })).rejects.toThrow('auth.proof')
  const { secret } = JSON.parse(readFileSync(at('second.key'), 'utf8')) as { secret: string }
  const proven = provenFetch(await openHolderKey(secret), token)
  const client = await connectMcpClient(`${node.url}/mcp`, { fetch: proven })
  const names = (await client.tools()).map(({ name }) => name)
  await client.close()
  expect(names).toHaveLength(1)
  expect(names[0]).toContain('list_notes')
  const other = await ambit(['mandate', 'present', at('longer.json'), '--key', at('first.key')], nobody)
  expect(other).toMatchObject({ exitCode: 1 })
  expect(other.err).toContain('[chain.holder]')
  // A key that others may read is theirs too.
  chmodSync(at('second.key'), 0o644)
  const open = await ambit(['mandate', 'present', at('longer.json'), '--key', at('second.key')], nobody)
  expect(open.exitCode).toBe(2)
  expect(open.err).toContain('chmod 600')
})

test('a node that only observes says so before anything else', async () => {
  await using observing = await startTestNode({ env: { AMBIT_OBSERVE: 'on' } })
  const terminal = fakeTerminal({ HOME: folder, AMBIT_URL: observing.url, AMBIT_TOKEN: observing.session })
  expect(await runAmbit(['status'], terminal)).toBe(0)
  expect(terminal.printed.join('')).toMatch(/^Warning: [^]*enforces +nothing/)
  expect((await ambit(['status'])).out).not.toContain('Warning')
})

test('people, sessions and organizations are listed, added and ended', async () => {
  const { person } = await json('people', 'add', 'Li Na', '--role', 'approver')
  const { id } = person as { id: string }
  expect((await ambit(['people'])).out).toContain(`${id}  approver  Li Na`)
  expect((await json('people', 'change', id, '--role', 'operator'))['roles']).toEqual(['operator'])
  const link = String((await json('people', 'link', id))['signInLink'])
  expect(await ambit(['login', link], nobody)).toMatchObject({ exitCode: 0 })
  expect((await ambit(['sessions', '--person', id])).out).toContain('cli')
  const { sessions } = await json('sessions', 'list', '--person', id)
  const [session] = sessions as { id: string }[]
  expect(await ambit(['sessions', 'end', session!.id, '--person', id])).toMatchObject({ exitCode: 0 })
  expect(await ambit(['whoami'], nobody)).toMatchObject({ exitCode: 1 })
  await json('organizations', 'add', 'north', '--name', 'North', '--owner', 'Ada')
  expect((await ambit(['organizations', 'close', 'north'])).exitCode).toBe(0)
  expect((await ambit(['organizations'])).out).toContain('closed')
})
