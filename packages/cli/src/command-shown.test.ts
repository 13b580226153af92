import { expect, test } from 'vitest'
import { addressShown, commandShown, holdsSecret } from './command-shown.ts'

const secret = 'sk-live-4f9a8b7c6d5e4f3a2b1c'

test.each([
  ['npx', ['-y', '@scope/files@1.2.0', '/srv/secret'], 'npx -y @scope/files@1.2.0 …'],
  ['npx', ['-y', 'tool', '--api-key', secret], 'npx -y tool --api-key …'],
  ['npx', ['tool', `--token=${secret}`], 'npx tool --token'],
  ['npx', ['--token', secret, 'tool'], 'npx --token …'],
  ['/usr/bin/python3', ['-m', 'server', secret], '/usr/bin/python3 -m server …'],
  ['docker', ['run', '-i', '--rm', '-e', `KEY=${secret}`, 'image'], 'docker run -i --rm -e …'],
  ['uvx', [secret], 'uvx …'],
  ['my-server', [secret, 'plain'], 'my-server …'],
  ['my-server', [`-p${secret}`], 'my-server -p'],
  ['node', ['-e', `fetch("${secret}")`], 'node -e …'],
])('%s %j is shown as %s', (program, args, shown) => {
  expect(commandShown(program, args)).toBe(shown)
  expect(commandShown(program, args)).not.toContain(secret)
})

test.each([
  ['https://a.example/mcp', 'https://a.example/mcp'],
  ['https://a.example/', 'https://a.example'],
  [`https://user:${secret}@a.example/mcp?key=${secret}`, 'https://…@a.example/mcp?…'],
  [`https://mcp.example/api/s/${secret}/mcp`, 'https://mcp.example/api/s/…/mcp'],
  [`not an address ${secret}`, '…'],
])('%s is shown as %s', (address, shown) => {
  expect(addressShown(address)).toBe(shown)
})

test.each([
  [['-y', '@scope/files@1.2.0', '/srv/a-long-folder-name-0123456789'], false],
  [['run', '-i', '--rm', 'image:1.2'], false],
  [['--port=8080', '--root', '/srv'], false],
  [[`--api-key=${secret}`], true],
  [['--api-key', 'short'], true],
  [['--header', 'X-Key: a'], true],
  [['--db', 'postgres://me:pw@host/db'], true],
  [[secret], true],
  [['Bearer abc'], true],
] as const)('of %j is said that it holds a secret: %s', (args, holds) => {
  expect(holdsSecret({ command: { args } })).toBe(holds)
})

test('an address with a key in it holds a secret', () => {
  expect(holdsSecret({ url: `https://a.example/s/${secret}/mcp` })).toBe(true)
  expect(holdsSecret({ url: 'https://a.example/mcp?key=1' })).toBe(true)
  expect(holdsSecret({ url: 'https://a.example/mcp' })).toBe(false)
})
