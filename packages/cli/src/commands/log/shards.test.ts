import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { fakeTerminal, startFakeNode } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'

const name = 'node.example/activity'
const ended = {
  origin: `${name}/2026h2`,
  vkeys: [`${name}/2026h2+0a1b2c3d+AX`],
  first: 0,
  state: 'frozen',
  end: { size: 12, root: 'AAAA', at: '2027-01-01T00:00:00.000Z' },
}
const open = {
  origin: `${name}/2027h1`,
  vkeys: [`${name}/2027h1+0a1b2c3d+A${'Y'.repeat(100)}`],
  first: 12,
  state: 'open',
}
// Longer than a cell of a table: a key that is cut is none.
const list = { origin: `${name}/shards`, vkey: `${name}/shards+0a1b2c3d+A${'X'.repeat(100)}` }

async function ambit(...argv: readonly string[]) {
  await using node = await startFakeNode({
    'GET /api/logs': { series: [{ name, list, shards: [ended, open] }] },
    'POST /api/logs/activity/rotate': open,
  })
  const terminal = fakeTerminal({ AMBIT_URL: node.url, AMBIT_TOKEN: 'ambs_x', HOME: tmpdir() })
  const exitCode = await runAmbit(['log', ...argv], terminal)
  const text = [...terminal.printed, ...terminal.errors].join('\n')
  return { exitCode, text, url: node.url, asked: node.asked.map(({ line }) => line) }
}

test('shows the logs of a node with their addresses, and the key of the list', async () => {
  const { exitCode, text, url } = await ambit('shards')
  expect(exitCode).toBe(0)
  for (const shown of [
    list.vkey,
    open.vkeys[0],
    `${url}/log/activity/2026h2`,
    'frozen',
    `${url}/log/activity/2027h1`,
    'open',
  ])
    expect(text).toContain(shown)
  const { text: json } = await ambit('shards', '--json')
  expect(JSON.parse(json)).toEqual({ series: [{ name, list, shards: [ended, open] }] })
})

test('rotates the key of the log that is named, the activity log by itself, and never without a reason', async () => {
  const done = await ambit('rotate-key', '--reason', 'seen by a stranger')
  expect(done).toMatchObject({
    exitCode: 0,
    asked: ['POST /api/logs/activity/rotate {"reason":"seen by a stranger"}'],
  })
  expect(done.text).toContain(open.vkeys[0])
  expect(done.text).toContain(`${name}/2027h1 takes the entries now, from position 12 on.`)
  expect(await ambit('rotate-key', 'activity')).toMatchObject({ exitCode: 2, asked: [] })
  expect(await ambit('rotate-key', 'other', '--reason', 'x')).toMatchObject({ exitCode: 2, asked: [] })
  expect((await ambit('rotate-key', 'registry', '--reason', 'x')).asked).toEqual([
    'POST /api/logs/registry/rotate {"reason":"x"}',
  ])
})
