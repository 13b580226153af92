import { expect, test } from 'vitest'
import { commandWords, emptyRegisterDraft, registrationOf } from './register-draft.ts'

test('reads a command line into words as a terminal does, without expanding anything', () => {
  expect(commandWords('npx -y  @scope/server "two words" \'$HOME \\ "\' a\\ b ""')).toEqual([
    'npx',
    '-y',
    '@scope/server',
    'two words',
    '$HOME \\ "',
    'a b',
    '',
  ])
  expect(commandWords('  ')).toEqual([])
  expect(commandWords('say "never closed')).toBeUndefined()
  expect(commandWords('ends in \\')).toBeUndefined()
})

test('asks for an address with its credential only where one is given', () => {
  const draft = { ...emptyRegisterDraft, url: ' https://tools.example/mcp ', command: 'ignored' }
  expect(registrationOf(draft)).toEqual({ ok: true, registration: { url: 'https://tools.example/mcp' } })
  expect(
    registrationOf({ ...draft, slug: 'tools', headerValue: 'Bearer x', headersFor: 'everyone' }),
  ).toEqual({
    ok: true,
    registration: {
      url: 'https://tools.example/mcp',
      slug: 'tools',
      secrets: [{ header: 'Authorization', value: 'Bearer x' }],
      headersFor: 'everyone',
    },
  })
})

test('asks for a command with its environment, and names what is wrong in it', () => {
  const draft = { ...emptyRegisterDraft, by: 'command' as const, command: 'node server.js --all' }
  expect(registrationOf({ ...draft, environment: 'A=1\n\n__proto__=b=c\n' })).toEqual({
    ok: true,
    registration: {
      command: {
        program: 'node',
        args: ['server.js', '--all'],
        env: Object.fromEntries([
          ['A', '1'],
          ['__proto__', 'b=c'],
        ]),
      },
    },
  })
  expect(registrationOf({ ...draft, environment: 'A=1\nno form' })).toEqual({
    ok: false,
    wrong: 'environment',
    line: 2,
  })
  expect(registrationOf({ ...draft, command: '' })).toEqual({ ok: false, wrong: 'command' })
})
