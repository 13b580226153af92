import { expect, test } from 'vitest'
import { parseToml } from './toml.ts'

const plain = (text: string): unknown => JSON.parse(JSON.stringify(parseToml(text)))

test('a configuration as a client writes it', () => {
  const text = `# model
model = "o"   # of today
[mcp_servers.files]
command = "npx"
args = [
  "-y", # yes
  'files@1.0', # literal
]
enabled = true
startup_timeout_sec = 1_0.5
[mcp_servers.files.env]
"A.B" = "x\\u00e9\\n"
[mcp_servers."with space"]
url = 'https://a.example/mcp'
http_headers = { Authorization = "Bearer 1", "X-Y" = '2' }
`
  expect(plain(text)).toEqual({
    model: 'o',
    mcp_servers: {
      files: {
        command: 'npx',
        args: ['-y', 'files@1.0'],
        enabled: true,
        startup_timeout_sec: 10.5,
        env: { 'A.B': 'xé\n' },
      },
      'with space': {
        url: 'https://a.example/mcp',
        http_headers: { Authorization: 'Bearer 1', 'X-Y': '2' },
      },
    },
  })
})

test.each([
  ['a.b.c = 1\na.d = 0xff', { a: { b: { c: 1 }, d: 255 } }],
  ['[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3', { a: [{ b: 1 }, { b: 2, c: { d: 3 } }] }],
  ['a = """\nx \\\n   y"""', { a: 'x y' }],
  ["a = '''\nx\\y''z'''", { a: "x\\y''z" }],
  ['a = """x"""""', { a: 'x""' }],
  [
    'a = 2026-11-21T22:00:00Z\nb = 2026-11-21\nc = 0b11',
    { a: '2026-11-21T22:00:00Z', b: '2026-11-21', c: 3 },
  ],
  ['a = [[1, 2], ["x"], {b = 1}]\r\n', { a: [[1, 2], ['x'], { b: 1 }] }],
  ['a = 1e3\nb = -3\nc = +4', { a: 1000, b: -3, c: 4 }],
  ['"" = 1', { '': 1 }],
  ['', {}],
])('%j', (text, value) => {
  expect(plain(text)).toEqual(value)
})

test.each([
  'a = 1\na = 2',
  '[a]\n[a]',
  'a = 1\n[a]',
  'a = {b = 1}\n[a.b]',
  'a = {b = 1}\n[a.c]',
  'a = []\n[[a]]',
  'a = -0b11',
  'a = "x',
  'a = "\\q"',
  'a = "\\ud800"',
  'a = ',
  'a',
  '= 1',
  '[a',
  'a = 1 b = 2',
  'a = [1',
  'a = {b = 1',
  'a = 1__proto',
  `a = ${'['.repeat(100)}`,
  `${'a.'.repeat(100)}b = 1`,
])('%j is refused with its line', (text) => {
  expect(() => parseToml(text)).toThrow(/ in line \d+$/)
})

test('a name that means something to programs is a name like any other', () => {
  const found = parseToml('[__proto__]\npolluted = true\n[constructor.prototype]\npolluted = true')
  expect(Object.keys(found)).toEqual(['__proto__', 'constructor'])
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})
