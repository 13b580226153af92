import type { AgentRecord } from '@ambit/core/record'
import { expect, test } from 'vitest'
import { addressesOf, hostsOf, isBelow } from './quarantine.ts'

type Interfaces = Pick<AgentRecord, 'interfaces'>
const base = { protocol: 'mcp', version: '1', security: [] } as const

function at(url: string): Interfaces {
  return { interfaces: [{ ...base, url, transport: 'streamable-http', security: [] }] }
}

function run(program: string, ...args: string[]): Interfaces {
  const command = { program, args, env: [] }
  return { interfaces: [{ ...base, url: 'stdio:', transport: 'stdio', security: [], command }] }
}

const [known] = addressesOf(at('https://bad.example/mcp'))

test.each([
  'https://bad.example/mcp',
  'http://bad.example/mcp/',
  'https://BAD.example./mcp',
  'https://bad.example:443/mcp?x=1#y',
  'https://bad.example//mcp',
  'https://bad.example/%6Dcp',
  'https://bad.example/a/../mcp',
  'https://user@bad.example/mcp/deeper',
  'wss://bad.example/mcp',
  'amqp://BAD.EXAMPLE/mcp',
])('%s is the address that was taken down', (url) => {
  expect(addressesOf(at(url)).some((each) => isBelow(each, [known!]))).toBe(true)
})

test.each([
  'https://bad.example/mcp2',
  'https://bad.example:8443/mcp',
  'https://notbad.example/mcp',
  'https://mcp.bad.example/mcp',
])('%s is another one', (url) => {
  expect(addressesOf(at(url)).some((each) => isBelow(each, [known!]))).toBe(false)
})

test('a program is what it starts, whatever its options', () => {
  const taken = addressesOf(run('npx', 'bad-server', '/srv'))
  expect(addressesOf(run('/usr/bin/npx', '-y', 'bad-server', '/srv'))).toEqual(taken)
  expect(addressesOf(run('npx', 'good-server', '/srv'))).not.toEqual(taken)
  expect(hostsOf(run('npx', 'bad-server', '/srv'))).toEqual(taken)
  expect(hostsOf(at('https://bad.example./a'))).toEqual(['bad.example'])
})
