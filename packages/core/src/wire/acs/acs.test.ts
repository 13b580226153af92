import { expect, test } from 'vitest'
import { acsSchema } from './acs.ts'
import { acsProblems, withAic } from './rules.ts'

const acs = acsSchema.parse({
  aic: '',
  active: false,
  lastModifiedTime: '2026-11-20T08:00:00+08:00',
  protocolVersion: '02.02',
  name: 'Guide',
  description: '',
  version: '1.0.0',
  provider: {},
  securitySchemes: { mtls: { type: 'mutualTLS' } },
  endPoints: [],
  capabilities: { streaming: false, notification: false, messageQueue: [] },
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
})
const mtls = [{ mtls: [] }]

test('an end point lists mutual TLS, a known transport and an address that fits it', () => {
  const problems = (...endPoints: typeof acs.endPoints) => acsProblems({ ...acs, endPoints })
  expect(problems({ url: 'https://a.example/rpc', transport: 'JSONRPC', security: mtls })).toEqual([])
  expect(problems({ url: 'amqps://q.example/v?inbox={AIC}', transport: 'AMQP', security: mtls })).toEqual([])
  expect(problems({ url: 'amqps://q.example/', transport: 'JSONRPC', security: mtls })).toHaveLength(1)
  expect(problems({ url: 'https://a.example', transport: 'CARRIER', security: mtls })).toHaveLength(1)
  expect(problems({ url: 'https://a.example', transport: 'JSONRPC' })).toHaveLength(1)
  expect(problems({ url: 'https://a.example', transport: 'JSONRPC', security: [{ x: [] }] })).toHaveLength(2)
})

test('versions of the protocol are the two that there are', () => {
  expect(acsSchema.safeParse({ ...acs, protocolVersion: '02.00' }).success).toBe(false)
})

test('the identity code goes into the place left for it', () => {
  expect(withAic('amqps://q.example/acps?inbox=inbox_{AIC}', '1.2.3')).toBe(
    'amqps://q.example/acps?inbox=inbox_1.2.3',
  )
})
