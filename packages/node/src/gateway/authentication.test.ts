import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import type { Authentication } from '../authority/authority.ts'
import { certificateBound, createAuthentication, createChallenge } from './authentication.ts'

/** What the node asks for when a token of that kind is shown in that way. */
function asked(key: string | undefined, authorization: string | undefined): string {
  const options = { origin: () => 'http://localhost:7100', proves: () => undefined }
  const holder = { agent: undefined } as unknown as Extract<Authentication, { ok: true }>['holder']
  const authenticate = createAuthentication(options, {
    authenticate: () => ({ ok: true, holder, ...(key === undefined ? {} : { key }) }),
  })
  const headers = authorization === undefined ? {} : { authorization }
  const request = { url: '/mcp', headers } as unknown as IncomingMessage
  const answer = authenticate(authorization, request)
  return answer.ok ? 'let in' : createChallenge(options)(request, answer)
}

test('a token that is shown in another way than it belongs is asked for in its own', () => {
  const bound = `${certificateBound}abc`
  expect(asked(undefined, 'Bearer t')).toBe('let in')
  expect(asked('thumbprint', 'DPoP t')).toBe('let in')
  expect(asked('thumbprint', 'Bearer t')).toBe('DPoP realm="ambit", error="invalid_token"')
  expect(asked(undefined, 'DPoP t')).toBe('Bearer realm="ambit", error="invalid_token"')
  // RFC 8705, section 3: it stays a bearer token, of another connection.
  expect(asked(bound, 'Bearer t')).toBe('Bearer realm="ambit", error="invalid_token"')
  expect(asked(bound, 'DPoP t')).toBe('Bearer realm="ambit", error="invalid_token"')
  expect(asked(undefined, undefined)).toBe('Bearer realm="ambit"')
})
