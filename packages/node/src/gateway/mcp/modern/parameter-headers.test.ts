import { expect, test } from 'vitest'
import { aCapability } from '../../path-fixture.ts'
import { parameterHeaders, parameterMismatch } from './parameter-headers.ts'

const tool = {
  ...aCapability(),
  served: {
    name: 'query',
    inputSchema: {
      type: 'object',
      properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        limit: { type: 'integer', 'x-mcp-header': 'Limit' },
        where: { type: 'object', properties: { dry: { type: 'boolean', 'x-mcp-header': 'Dry' } } },
        bad: { type: 'string', 'x-mcp-header': 'no\r\nname' },
        list: { type: 'array', items: { properties: { x: { type: 'string', 'x-mcp-header': 'X' } } } },
      },
    },
  },
}
const args = { region: '欧洲', limit: 42, where: { dry: false }, bad: 'x', list: [{ x: 'y' }] }

test('the headers of a call repeat the arguments that the schema marks', () => {
  expect(parameterHeaders(tool, args)).toEqual([
    'mcp-param-Region',
    `=?base64?${Buffer.from('欧洲').toString('base64')}?=`,
    'mcp-param-Limit',
    '42',
    'mcp-param-Dry',
    'false',
  ])
  expect(parameterHeaders(tool, { region: null })).toEqual([])
})

test('what the headers say is what the arguments say, whatever the case of their names', () => {
  expect(parameterMismatch(tool, args, parameterHeaders(tool, args))).toBeUndefined()
  expect(parameterMismatch(tool, { limit: 42 }, ['MCP-PARAM-LIMIT', '42.0'])).toBeUndefined()
  expect(parameterMismatch(tool, {}, ['mcp-param-region', 'left over'])).toBeUndefined()
  expect(parameterMismatch(aCapability(), args, undefined)).toBeUndefined()
})

test.each([
  [undefined, 'missing'],
  [['mcp-param-region', 'us'], 'is not the argument'],
  [['mcp-param-region', '=?base64?%%%?='], 'no valid base64'],
  [['mcp-param-region', 'eu', 'Mcp-Param-Region', 'us'], 'only once'],
])('headers %j are refused: %s', (headers, what) => {
  expect(parameterMismatch(tool, { region: 'eu' }, headers)).toContain(what)
})
