import { describe, expect, test } from 'vitest'
import { readClientMetadata } from './client-metadata.ts'

const good = { redirect_uris: ['http://127.0.0.1/cb'], client_name: 'Desk' }

describe('what a client says of itself', () => {
  test('is cut down to what has a meaning here', () => {
    const reading = readClientMetadata({
      ...good,
      client_id: 'chosen-by-the-client',
      client_secret: 'known',
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token', 'password', 'implicit'],
      response_types: ['code', 'token'],
      token_endpoint_auth_method: 'none',
      jwks_uri: 'http://169.254.169.254/',
      logo_uri: 'https://desk.example/logo.svg',
    })
    expect(reading).toEqual({
      ok: true,
      metadata: {
        redirect_uris: ['http://127.0.0.1/cb'],
        client_name: 'Desk',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        authorization_details_types: ['ambit_mandate'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
    })
  })

  test.each([
    'https://desk.example/cb',
    'http://localhost:1234/cb',
    'http://[::1]/cb',
    'cursor://anysphere.cursor-retrieval/oauth/cb',
    'com.example.desk:/cb',
  ])('may name %s', (redirect) => {
    expect(readClientMetadata({ ...good, redirect_uris: [redirect] }).ok).toBe(true)
  })

  test.each([
    'http://desk.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://localhost@evil.example/cb',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'https://desk.example/cb#x',
    '/cb',
    '',
  ])('may not name %s', (redirect) => {
    expect(readClientMetadata({ ...good, redirect_uris: [redirect] })).toMatchObject({
      ok: false,
      error: 'invalid_redirect_uri',
    })
  })

  test.each([
    [undefined],
    [null],
    ['text'],
    [[]],
    [{}],
    [{ redirect_uris: [] }],
    [{ redirect_uris: 'https://desk.example/cb' }],
    [{ redirect_uris: Array.from({ length: 21 }, (_, at) => `https://desk.example/${at}`) }],
    [{ ...good, client_name: 7 }],
    [{ ...good, token_endpoint_auth_method: 'private_key_jwt' }],
    [{ ...good, response_types: ['token'] }],
  ])('is refused where it is not of its form: %j', (value) => {
    expect(readClientMetadata(value).ok).toBe(false)
  })

  test('has a name that can be read for what it is', () => {
    const name = (client_name: unknown) => {
      const reading = readClientMetadata({ ...good, client_name })
      return reading.ok ? reading.metadata['client_name'] : undefined
    }
    expect(name('a\u202eb')).toBe('a⟨U+202E⟩b')
    expect(name('   ')).toBe('A client without a name')
    expect(String(name('x'.repeat(5000))).length).toBe(200)
  })
})
