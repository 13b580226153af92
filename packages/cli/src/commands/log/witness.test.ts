import { generateKeyPairSync } from 'node:crypto'
import { formatVkey } from '@ambit/core/log/note'
import { parsePolicy } from '@ambit/core/log/policy'
import { expect, test } from 'vitest'
import { fakeTerminal, startFakeNode } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'

const publicKey = (bytes: number): Uint8Array =>
  generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-bytes)
const vkeys = [
  await formatVkey('b.example/witness', publicKey(32), 'cosignature'),
  await formatVkey('b.example/witness', new Uint8Array(1312), 'ml-dsa-44'),
]
const view = {
  name: 'b.example/witness',
  vkeys,
  url: 'http://localhost:7100/witness',
  logs: [
    {
      origin: 'a.example/activity/shards',
      kind: 'series',
      vkeys: [],
      added: '2026-11-20T00:00:00Z',
      size: 1,
    },
    {
      origin: 'a.example/activity/2026h2',
      kind: 'log',
      vkeys: [],
      added: '2026-11-20T00:00:00Z',
      size: 42,
      cosigned: '2026-11-21T10:00:00.000Z',
    },
  ],
}

async function witness(url: string, ...argv: readonly string[]) {
  const terminal = fakeTerminal({ AMBIT_URL: url, AMBIT_TOKEN: 'amba_1' })
  const exitCode = await runAmbit(['log', 'witness', ...argv], terminal)
  return { exitCode, out: terminal.printed.join('\n'), errors: terminal.errors.join('\n') }
}

test('prints a policy that reads well, in which either key of the witness is enough', async () => {
  await using node = await startFakeNode({ 'GET /api/witness': view })
  const { out } = await witness(node.url, 'policy', '--url', 'https://b.example/')
  const parsed = await parsePolicy(`${out}\n`)
  if (!parsed.ok) throw new Error(parsed.reason)
  const { witnesses, groups, quorum } = parsed.policy
  expect(witnesses.map(({ key, url }) => [key.vkey, url])).toEqual(
    vkeys.map((vkey) => [vkey, 'https://b.example/witness']),
  )
  expect(groups).toEqual([{ name: quorum, threshold: 1, members: witnesses.map(({ name }) => name) }])
  expect(await witness(node.url, 'policy', '--url', 'b.example')).toMatchObject({
    exitCode: 2,
    errors: expect.stringContaining('no http or https address') as string,
  })
})

test('adds each key that it is given, and says of which logs the node is a witness now', async () => {
  await using node = await startFakeNode({ 'POST /api/witness/logs': view.logs[0] })
  const { out } = await witness(node.url, 'add', 'k1', 'k2', '--url', 'https://a.example')
  expect(node.asked.map(({ line }) => line)).toEqual([
    'POST /api/witness/logs {"vkey":"k1","url":"https://a.example"}',
    'POST /api/witness/logs {"vkey":"k2","url":"https://a.example"}',
  ])
  expect(out).toContain('a witness of a.example/activity/shards now')
})

test('lists what is cosigned, with its own keys whole, and removes by the origin', async () => {
  await using node = await startFakeNode({
    'GET /api/witness': view,
    'DELETE /api/witness/logs': undefined,
    'GET /api/logs': {
      series: [{ name: 'b.example/activity', list: { origin: 'x', vkey: vkeys[1] }, shards: [] }],
    },
  })
  const { out } = await witness(node.url, 'list')
  for (const text of [...vkeys, 'a.example/activity/2026h2', '42', 'a list of logs'])
    expect(out).toContain(text)
  expect((await witness(node.url, 'keys')).out).toBe(vkeys[1])
  await witness(node.url, 'remove', 'a.example/activity/shards')
  expect(node.asked.at(-1)?.line).toBe('DELETE /api/witness/logs?origin=a.example%2Factivity%2Fshards')
})
