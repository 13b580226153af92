import { expect, test } from 'vitest'
import { grpcUrl, tenantIn } from './address.ts'

test.each([
  ['agent.example:50051', 'http://agent.example:50051/'],
  ['agent.example:443', 'https://agent.example/'],
  ['agent.example', 'https://agent.example/'],
  ['https://agent.example', 'https://agent.example/'],
  ['https://agent.example/a2a/grpc', 'https://agent.example/'],
  ['HTTP://agent.example:80', 'http://agent.example/'],
  ['http://agent.example:443', 'http://agent.example:443/'],
  ['grpc://agent.example:7102', 'http://agent.example:7102/'],
  ['grpcs://agent.example:7102', 'https://agent.example:7102/'],
  ['dns:agent.example:7102', 'http://agent.example:7102/'],
  ['dns:///agent.example:7102', 'http://agent.example:7102/'],
  ['127.0.0.1:7102', 'http://127.0.0.1:7102/'],
  ['[::1]:7102', 'http://[::1]:7102/'],
])('%s is %s', (text, url) => {
  expect(grpcUrl(text)?.href).toBe(url)
})

test.each([
  [''],
  ['unix:/run/agent.sock'],
  ['ftp://agent.example'],
  ['me:secret@agent.example:1'],
  ['http://'],
  ['agent.example:99999'],
])('`%s` is no address', (text) => {
  expect(grpcUrl(text)).toBeUndefined()
})

test('the tenant is the path of the address of a record', () => {
  expect(tenantIn(new URL('http://a:1/'))).toBe('')
  expect(tenantIn(new URL('http://a:1/house%2Fkitchen'))).toBe('house/kitchen')
  expect(() => tenantIn(new URL('http://a:1/%ff'))).toThrow(/percent-encoded/)
})
