import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fakeTerminal, startFakeNode } from './fake-node.ts'
import { runAmbit } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const view = {
  summary: {
    slug: 'mailer',
    version: '1.0.0',
    title: 'Mail\u001b[2J',
    kind: 'tool-server',
    id: '1.2',
    certified: false,
  },
  record: { responsible: { name: 'Mail team' }, interfaces: [{ protocol: 'mcp', url: 'http://a/mcp' }] },
  digest: 'sha256:0',
  state: 'draft',
  draft: true,
  remarks: [],
  versions: [],
  rulings: [],
  capabilities: [
    {
      id: 'send',
      name: 'Send',
      description: '',
      profile: { effect: 'egress', reversibility: 3, roles: {}, integrity: {}, dataClasses: [] },
      proposal: { effect: 'egress', reversibility: 3, roles: { to: 'sink' }, integrity: {}, dataClasses: [] },
      accepted: false,
      held: true,
      change: { before: { description: 'sends' }, after: { description: 'sends to all' } },
    },
  ],
}
const mandate = {
  id: 'm_1',
  state: 'active',
  kind: 'standing',
  children: 0,
  tokens: 0,
  spent: { calls: 3 },
  signed: {
    body: {
      purpose: 'answer',
      holder: 'did:key:z1',
      allow: [{ target: 'mailer', capability: 'send', decision: 'ask' }],
      limits: { calls: 10 },
      expires: '2026-02-01T00:00:00Z',
    },
  },
}
const access = {
  id: 't_1',
  token: 'ambm_secret',
  mcpUrl: 'http://n/mcp',
  a2aUrl: 'http://n/a2a',
  config: '{"mcpServers":{"ambit":{"url":"http://n/mcp"}}}',
}
const card = {
  id: 'p_1',
  act: '1',
  state: 'pending',
  digest: 'sha256:card',
  asked: '2026-01-01T00:00:00Z',
  expires: '2026-01-01T01:00:00Z',
  agent: { title: 'Helper', id: '1.2' },
  tool: { title: 'Send', target: 'mailer', effect: 'egress', reversibility: 3 },
  sentence: { en: 'Helper wants to send a message.', zh: '助手想发送一条消息。' },
  arguments: [{ name: 'to', role: 'sink', text: '"a@b\u202e"' }],
  hidden: 2,
  reasons: [{ code: 'mandate.ask', rule: 'm_1', what: { en: 'the mandate asks', zh: '授权书要求询问' } }],
  mandate: { id: 'm_1', purpose: 'answer' },
}
const answers = {
  'GET /api/records': { records: [] },
  'GET /api/records/mailer': view,
  'GET /api/records/mailer/error-output': { slug: 'mailer', text: 'no key\n\u202eyek\n' },
  'POST /api/records/register': view,
  'POST /api/records/import': {
    results: [{ name: 'a', ok: false, problem: { detail: 'taken', remedy: 'rename' } }],
  },
  'PUT /api/records': { unchanged: true },
  'PATCH /api/records/mailer': view,
  ...Object.fromEntries(
    ['accept', 'submit', 'activate', 'suspend', 'reinstate', 'retire'].map((step) => [
      `POST /api/records/mailer/${step}`,
      view,
    ]),
  ),
  'POST /api/records/mailer/certify': {
    certified: false,
    checks: [{ id: 'answers', ok: false, what: 'it is away' }],
  },
  'POST /api/records/mailer/probe': { reachable: true, changes: [] },
  'POST /api/records/mailer/recall': {
    ruling: { body: { subject: { digests: ['sha256:0'] } } },
    stopped: 2,
    acts: [],
    tookMs: 5,
  },
  'GET /api/mandates': { mandates: [mandate] },
  'POST /api/mandates': mandate,
  'POST /api/mandates/m_1/narrow': mandate,
  'POST /api/mandates/m_1/revoke': { revoked: ['m_1', 'm_2'], stopped: 1 },
  'POST /api/mandates/m_1/tokens': access,
  'GET /api/approvals': { approvals: [card] },
  'GET /api/approvals/p_1': card,
  'POST /api/approvals/p_1/approve': {},
  'POST /api/approvals/p_1/deny': {},
  'GET /api/acts': { acts: [] },
  'GET /api/acts/1/receipt': { v: 1 },
  'POST /api/sign-in': {
    session: 'ambs_new',
    me: {
      person: { id: 'p', name: 'Li' },
      organization: { id: 'o', name: 'O' },
      roles: ['owner'],
      by: 'session',
    },
  },
  'GET /api/me': {
    status: 401,
    problem: { code: 'auth.expired', title: 'T', detail: 'it ended', remedy: 'Make one.' },
  },
}

/** Runs a command against a fresh fake node. */
async function ambit(
  argv: readonly string[],
  { token = 'ambs_x', answer, input }: { token?: string; answer?: string; input?: string } = {},
) {
  await using node = await startFakeNode(answers)
  const environment = {
    AMBIT_URL: node.url,
    AMBIT_TOKEN: token,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
  const terminal = fakeTerminal(environment, { ...(answer && { answer }), ...(input && { input }) })
  const exitCode = await runAmbit(argv, terminal)
  return {
    exitCode,
    asked: node.asked.map(({ line }) => line),
    out: terminal.printed.join('\n'),
    err: terminal.errors.join('\n'),
  }
}

const grant = file('grant.json', { purpose: 'p', allow: [] })
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
  ['approvals', 'GET /api/approvals?state=pending'],
  ['approvals --all', 'GET /api/approvals'],
  ['deny p_1 --note no', 'POST /api/approvals/p_1/deny {"note":"no"}'],
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
})

test('shows what waits in a record, and no hidden character of it', async () => {
  const { out } = await ambit(['show', 'mailer'])
  expect(out).toContain('Mail⟨U+001B⟩[2J')
  expect(out).toContain('to:sink')
  expect(out).toContain('- description: "sends"\n+ description: "sends to all"')
  expect(out).toContain('ambit accept mailer')
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

test('approves only what a person at a terminal has seen', async () => {
  const approved = await ambit(['approve', 'p_1'], { answer: 'yes' })
  expect(approved.exitCode).toBe(0)
  expect(approved.asked.at(-1)).toBe('POST /api/approvals/p_1/approve {"digest":"sha256:card"}')
  expect(approved.err).toContain('Helper wants to send a message.')
  expect(approved.err).toContain('"a@b⟨U+202E⟩"')
  expect(approved.err).toContain('cannot be undone')
  expect(approved.err).toContain('2 further argument(s)')
  const look = ['GET /api/approvals/p_1']
  expect(await ambit(['approve', 'p_1'], { answer: 'y' })).toMatchObject({ exitCode: 1, asked: look })
  expect(await ambit(['approve', 'p_1'])).toMatchObject({ exitCode: 2, asked: look })
  expect(await ambit(['approve', 'p_1'], { answer: 'yes', token: 'amba_x' })).toMatchObject({
    exitCode: 2,
    asked: [],
  })
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
