import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { answers, runFake, view } from './fake-answers.ts'
import { fakeTerminal, startFakeNode } from './fake-node.ts'
import { runAmbit } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const ambit: typeof runFake = async (argv, person) => await runFake(argv, person, folder)

const grant = file('grant.json', { purpose: 'p', allow: [] })
const card = file('card.json', { aic: '', endPoints: [] })
const mcp = file('mcp.json', { mcpServers: { a: { url: 'http://a' } } })

test.for<[string, ...string[]]>([
  [
    'register http://a/mcp --name mailer',
    'POST /api/records/register {"slug":"mailer","url":"http://a/mcp"}',
  ],
  [
    'register http://a/mcp --accept --activate',
    'POST /api/records/register {"url":"http://a/mcp"}',
    'POST /api/records/mailer/accept {}',
    'POST /api/records/mailer/submit {}',
    'POST /api/records/mailer/activate {}',
  ],
  [
    'register --env A=1 --env B=2=3 -- npx server --json /srv',
    'POST /api/records/register {"command":{"program":"npx","args":["server","--json","/srv"],"env":{"A":"1","B":"2=3"}}}',
  ],
  [
    'register http://a --header X-Key:v --everyone',
    'POST /api/records/register {"secrets":[{"header":"X-Key","value":"v"}],"headersFor":"everyone","url":"http://a"}',
  ],
  [`import ${mcp}`, 'POST /api/records/import {"mcpServers":{"a":{"url":"http://a"}}}'],
  [`import ${card}`, 'POST /api/records/import {"document":{"aic":"","endPoints":[]}}'],
  [
    `import ${card} --format acs --name guide --confirm-name`,
    'POST /api/records/import {"document":{"aic":"","endPoints":[]},"format":"acs","slug":"guide","confirmName":true}',
  ],
  ['import https://a.example/card', 'POST /api/records/import {"url":"https://a.example/card"}'],
  ['export mailer --format acs', 'GET /api/records/mailer/export?format=acs'],
  ['export mailer --format mcp --node-addresses', 'GET /api/records/mailer/export?format=mcp&addresses=node'],
  ['export mailer --format tc260 --csv', 'GET /api/records/mailer/export?format=tc260&as=csv'],
  ['export --format tc260', 'GET /api/asset-register'],
  [`apply -f ${grant}`, 'PUT /api/records {"purpose":"p","allow":[]}'],
  ['records', 'GET /api/records'],
  ['records list --search mail --state active', 'GET /api/records?search=mail&state=active'],
  ['show mailer', 'GET /api/records/mailer'],
  ['logs mailer', 'GET /api/records/mailer/error-output'],
  ['edit mailer --set name.en=Mail', 'PATCH /api/records/mailer {"name":{"en":"Mail"}}'],
  ['accept mailer send list', 'POST /api/records/mailer/accept {"capabilities":["send","list"]}'],
  ['submit mailer', 'POST /api/records/mailer/submit {}'],
  ['retire mailer', 'POST /api/records/mailer/retire {}'],
  ['suspend mailer --note why', 'POST /api/records/mailer/suspend {"note":"why"}'],
  ['certify mailer', 'POST /api/records/mailer/certify {}'],
  ['probe mailer', 'POST /api/records/mailer/probe {}'],
  ['recall mailer@1.2.0 --note bad', 'POST /api/records/mailer/recall {"version":"1.2.0","note":"bad"}'],
  [
    'recall mailer --note bad --dependants',
    'POST /api/records/mailer/recall {"note":"bad","dependants":true}',
  ],
  ['rename mailer post --note n', 'POST /api/records/mailer/rename {"slug":"post","note":"n"}'],
  ['comments mailer', 'GET /api/records/mailer/comments'],
  ['comment mailer why', 'POST /api/records/mailer/comments {"text":"why"}'],
  ['review', 'GET /api/review'],
  ['review two', 'PUT /api/review {"twoPeople":true}'],
  ['domains', 'GET /api/domains'],
  ['addresses', 'GET /api/addresses'],
  ['addresses zone --origin agents.example', 'GET /api/addresses/zone?origin=agents.example'],
  ['domains add a.example', 'POST /api/domains {"domain":"a.example"}'],
  ['domains remove a.example', 'DELETE /api/domains/a.example'],
  ['transfers', 'GET /api/transfers'],
  ['transfers offer mailer north', 'POST /api/records/mailer/transfer {"to":"north"}'],
  ['transfers accept x_1 --name post', 'POST /api/transfers/x_1/accept {"slug":"post"}'],
  ['transfers decline x_1', 'POST /api/transfers/x_1/decline {}'],
  ['takedowns', 'GET /api/takedowns'],
  ['takedowns add 1.2 --reason bad', 'POST /api/takedowns {"record":"1.2","reason":"bad"}'],
  ['takedowns lift 1.2 --note ok', 'POST /api/takedowns/1.2/lift {"note":"ok"}'],
  ['mandates', 'GET /api/mandates'],
  [
    'grant --purpose p --allow mailer/send=ask --allow crm/* --calls 5 --expires 12h --agent helper',
    'POST /api/mandates {"purpose":"p","allow":[{"target":"mailer","capability":"send","decision":"ask"},{"target":"crm","capability":"*"}],"limits":{"calls":5},"expires":"2026-01-01T12:00:00.000Z","agent":"helper"}',
  ],
  [`grant -f ${grant}`, 'POST /api/mandates {"purpose":"p","allow":[]}'],
  [
    'narrow m_1 --allow mailer/send --expires 15m --task now',
    'POST /api/mandates/m_1/narrow {"allow":[{"target":"mailer","capability":"send"}],"expiresInMinutes":15,"task":"now"}',
  ],
  ['revoke m_1 --note why', 'POST /api/mandates/m_1/revoke {"note":"why"}'],
  [
    'connect m_1 --client cursor --expires 7d',
    'POST /api/mandates/m_1/tokens {"client":"cursor","expiresInDays":7}',
  ],
  ['acts --limit 3 --before 90', 'GET /api/acts?limit=3&before=90'],
  ['receipt 1', 'GET /api/acts/1/receipt'],
])('%s', async ([line, ...requests]) => {
  const { asked, err } = await ambit(line.split(' '))
  expect(asked, err).toEqual(requests)
})

test.for([
  ['register', 'nothing to register'],
  ['register ftp://a', 'nothing to register'],
  ['register http://a --env A=1', '--env belongs'],
  ['records mailer', 'ambit show mailer'],
  ['records --state gone', 'the states are'],
  ['recall mailer', "required option '--note"],
  ['grant --purpose p', '--allow'],
  ['grant --purpose p --allow mailer', 'names no capability'],
  ['grant --purpose p --allow a/b --calls many', 'whole number'],
  ['apply -f absent.json', 'could not be read'],
  ['connect m_1 --expires 5h', 'counted in days'],
  ['nonsense', 'unknown command'],
  ['show', 'missing required argument'],
])('%s is not tried', async ([line, words]) => {
  const { exitCode, asked, err } = await ambit(line!.split(' '))
  expect(exitCode).toBe(2)
  expect(asked).toEqual([])
  expect(err.toLowerCase()).toContain(words!.toLowerCase())
})

test('a refusal of the node says what to do, in words and as JSON', async () => {
  const plain = await ambit(['whoami'])
  expect(plain).toMatchObject({ exitCode: 1, out: '', err: 'T: it ended\n  Make one.\n  [auth.expired]' })
  const { exitCode, err } = await ambit(['whoami', '--json'])
  expect(exitCode).toBe(1)
  expect(JSON.parse(err)).toMatchObject({
    problem: { code: 'auth.expired', status: 401, remedy: 'Make one.' },
  })
})

test('no node at the address is told from a refusal', async () => {
  const terminal = fakeTerminal({ AMBIT_URL: 'http://127.0.0.1:1', AMBIT_TOKEN: 'x' })
  expect(await runAmbit(['status'], terminal)).toBe(2)
  expect(terminal.errors.join('')).toContain('http://127.0.0.1:1')
})

test('a failed check is a failed command', async () => {
  expect(await ambit(['certify', 'mailer'])).toMatchObject({ exitCode: 1 })
  expect(await ambit(['import', mcp])).toMatchObject({ exitCode: 1 })
  expect(await ambit(['probe', 'mailer'])).toMatchObject({ exitCode: 0 })
  // What is left, or is not proved, is no success; and what others wrote is made visible.
  for (const command of [
    ['decommission', 'mailer'],
    ['domains', 'check', 'a.example'],
  ]) {
    const { exitCode, out } = await ambit(command)
    expect(exitCode).toBe(1)
    expect(out).not.toContain('\u202e')
  }
})

test('shows what waits in a record, and no hidden character of it', async () => {
  const { out } = await ambit(['show', 'mailer'])
  expect(out).toContain('Mail⟨U+001B⟩[2J')
  expect(out).toContain('to:sink')
  expect(out).toContain('- description: "sends"\n+ description: "sends to all"')
  expect(out).toContain('ambit accept mailer')
})

test('shows who made an agent, who answers for it, where it runs, and whether it answers', async () => {
  const { out } = await ambit(['show', 'mailer'])
  for (const line of [
    /^made by +Post⟨U\+202E⟩, CN$/m,
    /^answers for it +Mail team, mail@a\.example$/m,
    /^runs +cloud, cn-north, CN$/m,
    /^speaks +mcp http:\/\/a\/mcp$/m,
    /^certified +version 1\.0\.0 for office \(r_1, until 2027-01-01 00:00\)$/m,
    /^domains proved +a\.example$/m,
    /^address +2001:db8:a9e::5:1$/m,
    /^keys +did:key:z1 \(active\)$/m,
    /^answers +no, since 2026-11-20 12:00 UTC$/m,
    /^last answered +2026-11-20 11:55 UTC$/m,
    /^differs +send$/m,
    /^mcp http:\/\/a\/mcp +dead +2026-11-20 11:55 +99\.9 % +50\.0 % +≤ 15 ms +≤ 75 ms +HTTP status 503$/m,
  ])
    expect(out).toMatch(line)
})

test('lists what is dead, and takes what becomes of it', async () => {
  const { out } = await ambit(['liveness', '--suspend-after', '30'])
  expect(out).toMatch(/^mailer +dead +2026-11-20 12:00$/m)
  expect(out).toContain('dead for 30 day(s) is suspended')
  expect((await ambit(['liveness', '--suspend-after', 'soon'])).exitCode).not.toBe(0)
})

test('shows what a program wrote last, line by line, and no hidden character of it', async () => {
  const { out } = await ambit(['logs', 'mailer'])
  expect(out).toBe('no key\n⟨U+202E⟩yek')
})

test('--json prints exactly one value, wherever it stands', async () => {
  for (const argv of [
    ['show', 'mailer', '--json'],
    ['--json', 'show', 'mailer'],
  ]) {
    expect(JSON.parse((await ambit(argv)).out)).toEqual(view)
  }
})

test('signs in by the link, keeps the session to itself and to its node', async () => {
  await using node = await startFakeNode(answers)
  const environment = { XDG_CONFIG_HOME: join(folder, 'login') }
  const terminal = fakeTerminal(environment)
  expect(await runAmbit(['login', `${node.url}/sign-in#token=once`], terminal)).toBe(0)
  const kept = join(folder, 'login', 'ambit', 'session.json')
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  expect(terminal.printed.join('')).not.toContain('ambs_new')
  await runAmbit(['records'], fakeTerminal(environment))
  await using other = await startFakeNode(answers)
  await runAmbit(['records'], fakeTerminal({ ...environment, AMBIT_URL: other.url }))
  expect(node.asked).toEqual([
    { line: 'POST /api/sign-in {"token":"once","client":"cli"}', authorization: undefined },
    { line: 'GET /api/records', authorization: 'Bearer ambs_new' },
  ])
  expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined])
})

test('puts a client beside those that its configuration has, and prints no token', async () => {
  const path = file('client.json', { theme: 'dark', mcpServers: { other: { url: 'http://o' } } })
  const { exitCode, out } = await ambit(['connect', 'm_1', '--write', path, '--json'])
  expect(exitCode).toBe(0)
  expect(out).not.toContain('ambm_secret')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    theme: 'dark',
    mcpServers: { other: { url: 'http://o' }, ambit: { url: 'http://n/mcp' } },
  })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const own = file('own.json', '{ // mine\n}')
  expect(await ambit(['connect', 'm_1', '--write', own])).toMatchObject({ exitCode: 2, asked: [] })
  expect(readFileSync(own, 'utf8')).toBe('{ // mine\n}')
})

test('asks for every page of a list', async () => {
  const row = { ...view.summary, protocols: [], tools: 1, proposals: 0, held: 0 }
  await using node = await startFakeNode({
    'GET /api/records': { records: [] },
    'GET /api/records?state=active': { records: [row], next: 'mailer' },
  })
  const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: 'ambs_x' })
  expect(await runAmbit(['records', '--state', 'active'], terminal)).toBe(0)
  expect(node.asked.map(({ line }) => line)).toEqual([
    'GET /api/records?state=active',
    'GET /api/records?state=active&cursor=mailer',
  ])
})

test('the token of a mandate speaks for an agent, never for the person', async () => {
  expect(await ambit(['records'], { token: 'ambm_x' })).toMatchObject({ exitCode: 2, asked: [] })
})

test('reads a document from standard input', async () => {
  const { asked } = await ambit(['apply', '-f', '-'], { input: '{"v":1}' })
  expect(asked).toEqual(['PUT /api/records {"v":1}'])
})

test('an export is JSON that shows what it holds, and says what it left out', async () => {
  const { out, err } = await ambit(['export', 'mailer', '--format', 'acs'])
  expect(out).not.toContain('\u202e')
  expect(JSON.parse(out)).toEqual({ name: 'a\u202eb' })
  expect(err).toBe('Not in it, for want of a place: deployment.')
  const path = join(folder, 'acs.json')
  expect(await ambit(['export', 'mailer', '--format', 'acs', '--output', path])).toMatchObject({
    exitCode: 0,
  })
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ name: 'a\u202eb' })
})

test('an export is asked for as it can be given', async () => {
  expect(await ambit(['export', 'mailer', '--format', 'xml'])).toMatchObject({ exitCode: 2 })
  expect(await ambit(['export', '--format', 'acs'])).toMatchObject({ exitCode: 2 })
  expect(await ambit(['export', 'mailer', '--format', 'acs', '--csv'])).toMatchObject({ exitCode: 2 })
  expect(await ambit(['import', card, '--format', 'xml'])).toMatchObject({ exitCode: 2 })
})
