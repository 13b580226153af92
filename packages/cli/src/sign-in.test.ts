import { expect, test } from 'vitest'
import { fakeTerminal, startFakeNode } from './fake-node.ts'
import { runAmbit } from './program.ts'

const address = { url: 'https://auth.example/authorize?state=x', expires: '2026-01-01T00:15:00Z' }

async function ambit(argv: readonly string[], answers: Readonly<Record<string, unknown>>) {
  await using node = await startFakeNode(answers)
  const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: 'ambs_x' })
  const exitCode = await runAmbit(argv, terminal)
  const { printed, errors } = terminal
  return {
    exitCode,
    out: printed.join('\n'),
    err: errors.join('\n'),
    asked: node.asked.map(({ line }) => line),
  }
}

test('says where to sign in', async () => {
  const run = await ambit(['sign-in', 'files'], { 'POST /api/records/files/sign-in': address })
  expect(run).toMatchObject({ exitCode: 0, err: '' })
  expect(run.out).toContain(address.url)
})

test('waits until somebody did, and no longer than the sign-in counts', async () => {
  // This one is over already.
  const late = { ...address, expires: '1970-01-01T00:00:00Z' }
  const run = await ambit(['sign-in', 'files', '--wait'], {
    'POST /api/records/files/sign-in': late,
    'GET /api/records/files/sign-in': { wanted: true, signedIn: false, forEveryone: false, scopes: [] },
  })
  expect(run.exitCode).toBe(2)
  expect(run.err).toContain(address.url)
  expect(run.err).toContain('nobody signed in to files in time')
})

test('forgets a sign-in', async () => {
  const run = await ambit(['sign-in', 'files', '--forget'], {
    'DELETE /api/records/files/sign-in': { forgotten: true },
  })
  expect(run).toMatchObject({ exitCode: 0, asked: ['DELETE /api/records/files/sign-in'] })
})

test('says where to sign in before a server can be registered, with nothing in it that steers a terminal', async () => {
  const run = await ambit(['register', 'https://files.example/mcp'], {
    'POST /api/records/register': {
      status: 409,
      problem: {
        code: 'record.sign-in',
        title: 'T',
        detail: 'D',
        remedy: 'R.',
        signIn: { ...address, url: `${address.url}\u001b[2J` },
      },
    },
  })
  expect(run.exitCode).toBe(2)
  expect(run.err).toContain(address.url)
  expect(run.err).not.toContain('\u001b')
})
