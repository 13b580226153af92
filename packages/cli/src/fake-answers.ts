import { join } from 'node:path'
import { fakeTerminal, startFakeNode } from './fake-node.ts'
import { runAmbit } from './program.ts'

/** A record with a proposal and a change that wait. */
export const view = {
  summary: {
    slug: 'mailer',
    version: '1.0.0',
    title: 'Mail\u001b[2J',
    kind: 'tool-server',
    id: '1.2',
    certified: false,
  },
  record: {
    version: '1.0.0',
    provider: { organization: 'Post\u202e', country: 'CN' },
    responsible: { name: 'Mail team', contact: 'mail@a.example' },
    interfaces: [{ protocol: 'mcp', url: 'http://a/mcp' }],
    deployment: { where: 'cloud', region: 'cn-north', jurisdiction: 'CN' },
    scenarios: ['office'],
  },
  certificate: { ruling: 'r_1', expires: '2027-01-01T00:00:00Z' },
  liveness: {
    state: 'dead',
    since: '2026-11-20T12:00:00Z',
    answered: '2026-11-20T11:55:00Z',
    differs: ['send'],
    interfaces: [
      {
        protocol: 'mcp',
        transport: 'streamable-http',
        url: 'http://a/mcp',
        state: 'dead',
        asked: '2026-11-20T12:10:00Z',
        answered: '2026-11-20T11:55:00Z',
        problem: 'HTTP status 503',
        failures: 4,
        availability24h: 0.9996,
        availability7d: 0.5,
        latencyP50Ms: 15,
        latencyP95Ms: 75,
      },
    ],
  },
  keys: [{ key: 'did:key:z1', state: 'active', since: '2026-11-01T00:00:00Z' }],
  domains: [{ domain: 'a.example', proved: '2026-11-01T00:00:00Z' }],
  address: '2001:db8:a9e::5:1',
  digest: 'sha256:0',
  state: 'draft',
  draft: true,
  remarks: [],
  claims: [{ domain: 'a.example', state: 'claimed' }],
  warnings: [],
  supplies: [{ kind: 'record', name: 'part\u202e', state: 'recalled' }],
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
  mode: 'act',
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
  chain: [],
  undo: {},
  obligations: [],
  alternatives: ['approve', 'edit', 'narrow', 'deny', 'deny-and-stop'],
  narrow: { same: ['to'], atMost: [], free: ['text'] },
  sections: [{ topic: 'to', lines: [{ en: 'to: "a@b\u202e" (never approved before)', zh: '收件人' }] }],
}
const passkeyCard = { ...card, id: 'p_2', obligations: ['step-up'] }
const heldCard = { ...card, id: 'p_3', state: 'held', due: '2026-01-01T00:05:00Z' }
const doneCard = { ...card, id: 'p_4', state: 'done' }
const plan = {
  id: 'pl_1',
  state: 'pending',
  digest: 'sha256:plan',
  asked: '2026-01-01T00:00:00Z',
  expires: '2026-01-01T01:00:00Z',
  subject: 'p',
  agent: { title: 'Helper', id: '1.2' },
  words: 'book\u202e the trip',
  steps: [
    { ...card, mode: 'step', state: 'planned' },
    { ...card, id: 'p_5', mode: 'step', state: 'planned' },
  ],
  sinks: [{ name: 'to', text: '"a@b"', steps: ['p_1', 'p_5'] }],
}
const rule = {
  id: 'ru_1',
  scope: 'mine',
  target: 'shop',
  capability: '*',
  amountAbove: { currency: 'EUR', minor: 5000 },
  decision: 'ask',
  obligations: ['second-person'],
}
const stop = { id: 'st_1', what: 'agent', subject: '1.2', name: 'p', by: 'p', at: '2026-01-01T00:00:00Z' }
const lifted = { ...stop, id: 'st_2', lifted: '2026-01-02T00:00:00Z', liftedBy: 'p' }
const told = {
  act: 'a1',
  at: '2026-01-01T00:00:00Z',
  trace: 't1',
  state: 'done',
  sentence: { en: 'An agent changed\u202e data.', zh: '一个智能体更改了数据。' },
  undo: { state: 'can' },
  new: true,
}
const domain = { domain: 'a.example', state: 'claimed', token: 'ambit-domain=0', problem: 'no\u202e file' }
const transfer = {
  id: 'x_1',
  record: '1.2',
  slug: 'mailer',
  title: 'M',
  from: 'main',
  to: 'north',
  state: 'offered',
}
const lifeAnswers = {
  'POST /api/records/mailer/rename': view,
  'POST /api/records/mailer/decommission': {
    done: [{ what: 'mandates', count: 2 }],
    residue: [{ what: 'certificates', count: 1, problem: 'away\u202e' }],
  },
  'GET /api/records/mailer/comments': {
    comments: [{ id: 'c_1', person: 'p', version: '1.0.0', text: 'why\u202e', at: '2026-01-01T00:00:00Z' }],
  },
  'POST /api/records/mailer/comments': {},
  'GET /api/review': { twoPeople: false },
  'PUT /api/review': { twoPeople: true },
  'GET /api/domains': { domains: [domain] },
  'GET /api/addresses': {
    prefix: '2001:db8:a9e::/64',
    addresses: [{ record: '1.2.156.3088.1', slug: 'a', address: '2001:db8:a9e::5:1', state: 'active' }],
  },
  'GET /api/addresses/zone?origin=agents.example': {
    forward: { origin: 'agents.example', text: '$ORIGIN agents.example.\n' },
    reverse: { origin: 'ip6.arpa', text: '$ORIGIN ip6.arpa.\n' },
    leftOut: [{ slug: 'ends-', why: 'a name of a host does not end in a hyphen' }],
  },
  'POST /api/domains': domain,
  'POST /api/domains/a.example/check': domain,
  'DELETE /api/domains/a.example': {},
  'GET /api/transfers': { transfers: [transfer] },
  'POST /api/records/mailer/transfer': transfer,
  'POST /api/transfers/x_1/accept': view,
  'POST /api/transfers/x_1/decline': transfer,
  'GET /api/takedowns': { takedowns: [] },
  'POST /api/takedowns': { stopped: 0, acts: [], tookMs: 1, dependants: [] },
  'POST /api/takedowns/1.2/lift': {},
}
/** What the fake node says, by method and path. */
export const answers = {
  'GET /api/records': { records: [] },
  'GET /api/records/mailer': view,
  'GET /api/records/mailer/error-output': { slug: 'mailer', text: 'no key\n\u202eyek\n' },
  'POST /api/records/register': view,
  'POST /api/records/import': {
    results: [{ name: 'a', ok: false, problem: { detail: 'taken', remedy: 'rename' } }],
  },
  'GET /api/records/mailer/export': { format: 'acs', document: { name: 'a\u202eb' }, losses: ['deployment'] },
  'GET /api/asset-register': { format: 'tc260', document: { agents: [] }, losses: [] },
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
    dependants: [{ record: '1.3', slug: 'suite', ruling: 'r_2', suspended: true }],
  },
  ...lifeAnswers,
  'GET /api/mandates': { mandates: [mandate] },
  'POST /api/mandates': mandate,
  'POST /api/mandates/m_1/narrow': mandate,
  'POST /api/mandates/m_1/revoke': { revoked: ['m_1', 'm_2'], stopped: 1 },
  'POST /api/mandates/m_1/tokens': access,
  'GET /api/approvals': { approvals: [card] },
  'GET /api/approvals/p_1': card,
  'POST /api/approvals/p_1/approve': card,
  'POST /api/approvals/p_1/edit': { ...card, digest: 'sha256:edited' },
  'POST /api/approvals/p_1/deny': {},
  'GET /api/approvals/p_2': passkeyCard,
  'GET /api/approvals/p_3': heldCard,
  'POST /api/approvals/p_3/approve': heldCard,
  'POST /api/approvals/p_3/deny': heldCard,
  'GET /api/approvals/p_4': doneCard,
  'GET /api/approvals?state=held': { approvals: [heldCard] },
  'GET /api/approvals/together': {
    rest: false,
    lists: [{ mandate: 'm_1', subject: 'p', agent: card.agent, approvals: [card, { ...card, id: 'p_6' }] }],
  },
  'POST /api/approvals/together': { approved: ['p_1'], failed: [] },
  'GET /api/plans': { plans: [plan] },
  'GET /api/plans/pl_1': plan,
  'POST /api/plans/pl_1/approve': plan,
  'POST /api/plans/pl_1/deny': plan,
  'GET /api/standing-approvals': { standing: [] },
  'DELETE /api/standing-approvals/sa_1': {},
  'GET /api/rules': { rules: [rule] },
  'POST /api/rules': rule,
  'DELETE /api/rules/ru_1': { removed: true },
  'GET /api/liveness': {
    troubles: [{ record: 'aic', slug: 'mailer', state: 'dead', since: '2026-11-20T12:00:00Z' }],
    suspendAfterDays: 30,
  },
  'PUT /api/liveness': { suspendAfterDays: 30 },
  'GET /api/stops': { stops: [stop, lifted] },
  'POST /api/stops': { stop, stopped: 2, acts: ['a1', 'a2'], tookMs: 3 },
  'POST /api/stops/st_1/lift': { lifted: true },
  'GET /api/feed': { entries: [told], next: 'a1', current: true },
  'GET /api/feed/digest': {
    days: [
      { day: '2026-01-01', done: 1, undone: 0, failed: 0, refused: 2, declined: 0, waiting: 0, reads: 3 },
    ],
  },
  'POST /api/feed/seen': { act: 'a1' },
  'POST /api/acts/a1/undo': { act: 'a1', state: 'undone', by: 'a2' },
  'POST /api/traces/t1/undo': {
    undone: [{ act: 'a1', state: 'undone' }],
    failed: { act: 'a0', code: 'undo.no-inverse', title: 'No inverse', detail: 'it names none' },
  },
  'GET /api/channels': {
    push: [],
    webhooks: [{ id: 'ch_1', label: 'chat', host: 'example.org', created: '2026-01-01T00:00:00Z' }],
    wishes: { tell: ['asked'] },
    pushKey: 'k',
  },
  'PUT /api/channels/wishes': { tell: ['held'] },
  'POST /api/channels/webhooks': { id: 'ch_1', secret: 'whsec_x' },
  'POST /api/channels/ch_1/test': undefined,
  'DELETE /api/channels/ch_1': undefined,
  'GET /api/sessions': { sessions: [] },
  'GET /api/people/p_9/sessions': { sessions: [] },
  'DELETE /api/sessions/s_1': undefined,
  'POST /api/sessions/end-others': { ended: 2 },
  'GET /api/tokens': { tokens: [] },
  'POST /api/tokens': { id: 't_1', name: 'x', token: 'amba_new', created: '2026-01-01T00:00:00Z' },
  'DELETE /api/people/p_9/tokens/t_1': undefined,
  'GET /api/people': { people: [{ id: 'p_9', name: 'Li', roles: ['owner'] }] },
  'POST /api/people': {
    person: { id: 'p_9' },
    signInLink: 'http://n/#token=t',
    expires: '2026-01-01T00:00:00Z',
  },
  'PATCH /api/people/p_9': { id: 'p_9', name: 'Li', roles: [] },
  'POST /api/people/p_9/sign-in-link': { signInLink: 'http://n/#token=t', expires: '2026-01-01T00:00:00Z' },
  'GET /api/organizations': { organizations: [] },
  'POST /api/organizations': {
    organization: { id: 'north' },
    signInLink: 'http://n/#token=t',
    expires: '2026-01-01T00:00:00Z',
  },
  'POST /api/organizations/north/close': {},
  'GET /api/oauth/connections': { connections: [] },
  'DELETE /api/oauth/connections/g_1': { ended: true, mandate: 'm_1' },
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
export async function runFake(
  argv: readonly string[],
  {
    token = 'ambs_x',
    answer,
    input,
    language = 'en',
  }: { token?: string; answer?: string; input?: string; language?: string } = {},
  folder = '/nowhere',
) {
  await using node = await startFakeNode(answers)
  const environment = {
    AMBIT_URL: node.url,
    AMBIT_TOKEN: token,
    LANG: language,
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
