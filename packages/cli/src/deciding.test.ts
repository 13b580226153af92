import { expect, test } from 'vitest'
import { answers, runFake as ambit } from './fake-answers.ts'
import { fakeTerminal, startFakeNode } from './fake-node.ts'
import { runAmbit } from './program.ts'

/* What a person decides, stops, undoes and hands out. */

test.for<[string, ...string[]]>([
  ['approvals', 'GET /api/approvals?state=pending'],
  ['approvals --all', 'GET /api/approvals'],
  ['deny p_1 --note no', 'POST /api/approvals/p_1/deny {"note":"no"}'],
  ['approvals deny p_1 --stop agent', 'POST /api/approvals/p_1/deny {"stop":"agent"}'],
  ['approvals show p_1', 'GET /api/approvals/p_1'],
  ['approvals plan', 'GET /api/plans?state=pending'],
  ['approvals plan pl_1 --deny', 'POST /api/plans/pl_1/deny'],
  ['standing', 'GET /api/standing-approvals'],
  ['standing end sa_1', 'DELETE /api/standing-approvals/sa_1'],
  ['outbox', 'GET /api/approvals?state=held'],
  [
    'outbox release p_3',
    'GET /api/approvals/p_3',
    'POST /api/approvals/p_3/approve {"digest":"sha256:card"}',
  ],
  ['outbox veto p_3 --note no', 'GET /api/approvals/p_3', 'POST /api/approvals/p_3/deny {"note":"no"}'],
  ['rules', 'GET /api/rules'],
  [
    'rules add shop/* --decision ask --above 50EUR --effect pay --place CN --argument to=a --argument to=b --argument n=3 --second-person --expires 12h',
    'POST /api/rules {"scope":"mine","target":"shop","capability":"*","effect":"pay","arguments":{"to":{"in":["a","b"]},"n":{"eq":3}},"places":["CN"],"amountAbove":{"currency":"EUR","minor":5000},"decision":"ask","obligations":["second-person"],"expires":"2026-01-01T12:00:00.000Z"}',
  ],
  ['rules add -f -', 'POST /api/rules {"v":1}'],
  ['rules remove ru_1', 'DELETE /api/rules/ru_1'],
  ['stop --mine --yes', 'POST /api/stops {"what":"person"}'],
  ['stop --yes', 'POST /api/stops {"what":"person"}'],
  [
    'stop --agent helper --note odd',
    'POST /api/stops {"what":"agent","subject":"helper","scope":"mine","note":"odd"}',
  ],
  [
    'stop --agent helper --for-everybody',
    'POST /api/stops {"what":"agent","subject":"helper","scope":"organization"}',
  ],
  ['stop --mandate m_1', 'POST /api/stops {"what":"mandate","subject":"m_1"}'],
  ['stop --everything', 'POST /api/stops {"what":"everything"}'],
  ['stop list', 'GET /api/stops'],
  ['stop lift st_1', 'POST /api/stops/st_1/lift'],
  [
    'feed --since 1d --effect pay --new --seen --limit 3 --before a9',
    'GET /api/feed?limit=3&from=2025-12-31T00%3A00%3A00.000Z&effect=pay&new=1&cursor=a9',
    'POST /api/feed/seen {"act":"a1"}',
  ],
  ['feed --since 2025-12-01', 'GET /api/feed?limit=20&from=2025-12-01T00%3A00%3A00.000Z'],
  ['feed digest --days 3', 'GET /api/feed/digest?days=3'],
  ['undo a1', 'POST /api/acts/a1/undo'],
  ['undo --trace t1', 'POST /api/traces/t1/undo'],
  ['channels', 'GET /api/channels'],
  [
    'channels wish --tell held --quiet 22:00-07:00 --days mon,sun --zone Europe/Berlin',
    'GET /api/channels',
    'PUT /api/channels/wishes {"quiet":{"zone":"Europe/Berlin","from":"22:00","to":"07:00","days":[1,7]},"tell":["held"]}',
  ],
  [
    'channels webhook https://example.org/a --label chat',
    'POST /api/channels/webhooks {"url":"https://example.org/a","label":"chat"}',
  ],
  ['channels test ch_1', 'POST /api/channels/ch_1/test'],
  ['channels remove ch_1', 'DELETE /api/channels/ch_1'],
  ['sessions', 'GET /api/sessions'],
  ['sessions --person p_9', 'GET /api/people/p_9/sessions'],
  ['sessions list --person p_9', 'GET /api/people/p_9/sessions'],
  ['sessions end --others', 'POST /api/sessions/end-others'],
  ['tokens', 'GET /api/tokens'],
  ['tokens new x --expires 3d', 'POST /api/tokens {"name":"x","expiresInDays":3}'],
  ['connections', 'GET /api/oauth/connections'],
  ['connections end g_1', 'DELETE /api/oauth/connections/g_1'],
  ['people', 'GET /api/people'],
  [
    'people add Li --role approver --role auditor',
    'POST /api/people {"name":"Li","roles":["approver","auditor"]}',
  ],
  ['people change p_9 --no-roles', 'PATCH /api/people/p_9 {"roles":[]}'],
  ['people link p_9', 'POST /api/people/p_9/sign-in-link'],
  ['organizations', 'GET /api/organizations'],
  [
    'organizations add north --name North --owner Ada',
    'POST /api/organizations {"id":"north","name":"North","owner":"Ada"}',
  ],
  ['organizations close north', 'POST /api/organizations/north/close'],
])('%s', async ([line, ...requests]) => {
  const { asked, err } = await ambit(line.split(' '), { input: '{"v":1}' })
  expect(asked, err).toEqual(requests)
})

test.for([
  ['stop --mine --everything', 'more than one'],
  ['stop --mine --for-everybody', 'belongs to --agent'],
  ['rules add shop/*', 'who decides'],
  ['rules add shop/* --decision maybe', 'allowed choices are ask, user, refuse'],
  ['rules add shop/*=ask --decision ask', 'names a decision'],
  ['rules add shop/* --decision ask --above 50', 'no amount of money'],
  ['rules add shop/* --decision ask --above 1.234EUR', 'no amount of money'],
  ['undo', 'not said what to undo'],
  ['undo a1 --trace t1', 'not said what to undo'],
  ['feed --since yesterday', 'is no time'],
  ['approvals edit p_1', "required option '--set"],
  ['approvals narrow p_1 --for 5h', 'counted in days'],
  ['people add Li --role king', 'is no role'],
  ['channels wish', 'nothing is wished'],
  ['channels wish --quiet late', 'is not when to be quiet'],
  ['channels wish --zone Asia/Shanghai', 'belong to --quiet'],
  ['channels wish --tell gossip', 'is nothing to be told of'],
  ['sessions end', 'not said which session'],
  ['mandate present chain.json', "required option '--key"],
])('%s is not tried', async ([line, words]) => {
  const { exitCode, asked, err } = await ambit(line!.split(' '))
  expect(exitCode).toBe(2)
  expect(asked).toEqual([])
  expect(err.toLowerCase()).toContain(words!.toLowerCase())
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

test('narrow and together decide what was shown, and only on a yes', async () => {
  const narrow = await ambit(['approvals', 'narrow', 'p_1', '--for', '7d'], { answer: 'yes' })
  expect(narrow.err).toContain('the same as shown   to')
  expect(narrow.asked.at(-1)).toBe(
    'POST /api/approvals/p_1/approve {"digest":"sha256:card","remember":{"days":7}}',
  )
  const edit = await ambit(['approvals', 'edit', 'p_1', '--set', 'amount=20'], { answer: 'yes' })
  expect(edit.asked.slice(1)).toEqual([
    'POST /api/approvals/p_1/edit {"digest":"sha256:card","values":{"amount":20}}',
    'POST /api/approvals/p_1/approve {"digest":"sha256:edited"}',
  ])
  const together = await ambit(['approvals', 'together', '--without', 'p_6'], { answer: 'yes' })
  expect(together.asked.at(-1)).toBe(
    'POST /api/approvals/together {"approve":[{"id":"p_1","digest":"sha256:card"}],"deny":["p_6"]}',
  )
  const left = await ambit(['approvals', 'together'], { answer: 'no' })
  expect(left.asked.every((request) => request.startsWith('GET '))).toBe(true)
  // Each card is opened: the node takes for unread what was only listed.
  expect(left.asked).toContain('GET /api/approvals/p_1')
})

test('a plan is decided as a whole, without the steps that were struck out', async () => {
  const approved = await ambit(['approvals', 'plan', 'pl_1', '--strike', 'p_5'], { answer: 'yes' })
  expect(approved.asked.at(-1)).toBe('POST /api/plans/pl_1/approve {"digest":"sha256:plan","struck":["p_5"]}')
  expect(approved.err).toContain('book⟨U+202E⟩ the trip')
  const foreign = await ambit(['approvals', 'plan', 'pl_1', '--strike', 'p_9'], { answer: 'yes' })
  expect(foreign).toMatchObject({ exitCode: 2, asked: ['GET /api/plans/pl_1'] })
})

test('what needs a passkey is sent to the console, and what is over is not decided', async () => {
  const passkey = await ambit(['approve', 'p_2'], { answer: 'yes' })
  expect(passkey).toMatchObject({ exitCode: 2, asked: ['GET /api/approvals/p_2'] })
  expect(passkey.err).toMatch(/Open http:\/\/127\.0\.0\.1:\d+\/approvals\/p_2 in the console/)
  expect(await ambit(['approve', 'p_4'], { answer: 'yes' })).toMatchObject({ exitCode: 2 })
  expect(await ambit(['outbox', 'veto', 'p_4'])).toMatchObject({
    exitCode: 2,
    asked: ['GET /api/approvals/p_4'],
  })
})

test('stops where nobody can be asked, and not where somebody says no', async () => {
  expect(await ambit(['stop', '--mine'])).toMatchObject({ exitCode: 0 })
  expect(await ambit(['stop', '--mine'], { answer: 'no' })).toMatchObject({ exitCode: 1, asked: [] })
  expect((await ambit(['stop', '--mine'], { answer: 'yes' })).out).toContain('2 call(s) under way ended')
  expect((await ambit(['stop', 'list'])).out).not.toContain('st_2')
  expect((await ambit(['stop', 'list', '--all'])).out).toContain('st_2')
})

test.for(['stop lift st_1', 'rules remove ru_1', 'sessions end s_1', 'tokens new x', 'outbox veto p_3'])(
  '%s is not tried with an API token',
  async (line) => {
    const { exitCode, asked, err } = await ambit(line.split(' '), { token: 'amba_x' })
    expect([exitCode, asked]).toEqual([2, []])
    expect(err).toContain('ambit login')
  },
)

test('tells the feed in the language of the person, with nothing hidden in it', async () => {
  const { out } = await ambit(['feed'])
  expect(out).toContain('An agent changed⟨U+202E⟩ data.')
  expect(out).toContain('ambit undo a1')
  expect((await ambit(['feed'], { language: 'zh_CN.UTF-8' })).out).toContain('一个智能体更改了数据。')
})

test('half an undo is no success', async () => {
  const { exitCode, out } = await ambit(['undo', '--trace', 't1'])
  expect(exitCode).toBe(1)
  expect(out).toContain('a0 was not: No inverse')
})

test('every list and card fits a terminal', async () => {
  const commands = [
    ['approvals', '--all'],
    ['approvals', 'show', 'p_1'],
    ['outbox'],
    ['rules'],
    ['stop', 'list', '--all'],
    ['feed'],
    ['feed', 'digest'],
    ['acts'],
    ['people'],
  ]
  for (const argv of commands) {
    const { out } = await ambit(argv)
    const widest = Math.max(...out.split('\n').map((line) => line.length))
    expect(widest, argv.join(' ')).toBeLessThanOrEqual(80)
  }
})

test('watches for what begins to wait, rings, and says each once', async () => {
  await using node = await startFakeNode(answers)
  const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: 'ambs_x' })
  expect(await runAmbit(['approvals', 'watch', '--once', '--json'], terminal)).toBe(0)
  expect(terminal.rings).toBe(1)
  expect(terminal.printed).toHaveLength(1)
  expect(JSON.parse(terminal.printed[0]!)).toMatchObject({ id: 'p_1' })
})
