import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { filesAt } from './client-configurations-file.ts'
import { serversIn } from './client-configurations-servers.ts'
import { configurationPlaces } from './client-configurations.ts'
import { parseCommentedJson } from './commented-json.ts'

let home = ''
let project = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ambit-home-'))
  project = join(home, 'project')
  mkdirSync(project)
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

function put(path: string, text: string): string {
  const full = join(home, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  return full
}

/** What is found in this home folder, by client: names and how they are reached, or why a file was not read. */
async function found(platform = 'linux', environment: Record<string, string> = {}) {
  const all: unknown[] = []
  for (const place of configurationPlaces({
    platform,
    environment: { HOME: home, ...environment },
    project,
  })) {
    for (const file of await filesAt(place)) {
      if ('problem' in file) all.push([place.client, file.problem])
      else
        for (const server of serversIn(file.document, place.members))
          all.push([place.client, server.name, server.url ?? server.command ?? server.problem])
    }
  }
  return all
}

const usual = (name: string) => JSON.stringify({ mcpServers: { [name]: { command: name, args: ['a'] } } })
const command = (program: string, ...args: string[]) => ({ program, args })

test('each client’s own file is read where that client keeps it', async () => {
  put('.config/Claude/claude_desktop_config.json', usual('desktop'))
  put(
    '.claude.json',
    JSON.stringify({
      mcpServers: { everywhere: { type: 'http', url: 'https://a.example/mcp' } },
      projects: { '/p': { mcpServers: { there: { command: 'x' } } }, '/q': {} },
    }),
  )
  put('project/.mcp.json', usual('shared'))
  put('.cursor/mcp.json', usual('cursor'))
  put(
    '.config/Code/User/mcp.json',
    '{ "servers": { "code": { "type": "stdio", "command": "c" } }, "inputs": [] }',
  )
  put(
    '.config/Code/User/settings.json',
    '{ // mine\n "mcp": { "servers": { "old": { "url": "http://o/" }, } } }',
  )
  put('project/.vscode/mcp.json', '{ "servers": { "workspace": { "url": "http://w/mcp" } } }')
  put('.codeium/windsurf/mcp_config.json', '{"mcpServers":{"wind":{"serverUrl":"https://w.example/mcp"}}}')
  const cline = 'Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json'
  put(`.config/${cline}`, usual('cline'))
  put('.continue/config.yaml', 'mcpServers: []')
  put('project/.continue/mcpServers/one.json', usual('continue'))
  put(
    '.config/zed/settings.json',
    '{"context_servers":{"zed":{"command":{"path":"z","args":["1"],"env":{"K":"v"}}}},}',
  )
  put('.gemini/settings.json', '{"mcpServers":{"gem":{"httpUrl":"https://g.example/mcp"}}}')
  put('.codex/config.toml', '[mcp_servers.codex]\ncommand = "npx"\nargs = ["-y", "x"]\n')
  put('.config/opencode/opencode.json', '{"mcp":{"open":{"type":"local","command":["bun","x","y"]}}}')
  expect(await found()).toEqual([
    ['Claude Desktop', 'desktop', command('desktop', 'a')],
    ['Claude Code', 'everywhere', 'https://a.example/mcp'],
    ['Claude Code', 'there', command('x')],
    ['Claude Code', 'shared', command('shared', 'a')],
    ['Cursor', 'cursor', command('cursor', 'a')],
    ['VS Code', 'code', command('c')],
    ['VS Code', 'old', 'http://o/'],
    ['VS Code', 'workspace', 'http://w/mcp'],
    ['Windsurf', 'wind', 'https://w.example/mcp'],
    ['Cline', 'cline', command('cline', 'a')],
    ['Continue', 'it is written in YAML, which is not read here'],
    ['Continue', 'continue', command('continue', 'a')],
    ['Zed', 'zed', command('z', '1')],
    ['Gemini CLI', 'gem', 'https://g.example/mcp'],
    ['Codex', 'codex', command('npx', '-y', 'x')],
    ['OpenCode', 'open', command('bun', 'x', 'y')],
  ])
})

test.each([
  ['darwin', {}, 'Library/Application Support/Claude/claude_desktop_config.json'],
  ['win32', {}, 'AppData/Roaming/Claude/claude_desktop_config.json'],
  ['win32', { APPDATA: 'roaming' }, 'roaming/Claude/claude_desktop_config.json'],
  ['linux', { XDG_CONFIG_HOME: 'xdg' }, 'xdg/Claude/claude_desktop_config.json'],
] as const)('on %s with %j the settings of programs are at %s', async (platform, environment, path) => {
  put(path, usual('desktop'))
  const inHome = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, join(home, value)]),
  )
  expect(await found(platform, inHome)).toEqual([['Claude Desktop', 'desktop', command('desktop', 'a')]])
})

test('a file that is none of a client’s is named with its reason, and the others are read', async () => {
  put('.claude.json', `{"mcpServers": ${'['.repeat(5000)}${']'.repeat(5000)}}`)
  put('.codex/config.toml', 'secret = "hunter2\n')
  put('.gemini/settings.json', '{"mcpServers": hunter2}')
  mkdirSync(join(home, '.lmstudio/mcp.json'), { recursive: true })
  mkdirSync(join(home, '.cursor'))
  execFileSync('mkfifo', [join(home, '.cursor/mcp.json')])
  truncateSync(put('.codeium/windsurf/mcp_config.json', ''), 50 * 1024 * 1024)
  const outside = mkdtempSync(join(tmpdir(), 'ambit-outside-'))
  writeFileSync(join(outside, 'secret.json'), usual('outside'))
  symlinkSync(join(outside, 'secret.json'), join(project, '.mcp.json'))
  symlinkSync('nowhere', join(home, '.qwen'))
  put('dotfiles/mcp.json', usual('linked'))
  mkdirSync(join(home, '.kiro/settings'), { recursive: true })
  symlinkSync(join(home, 'dotfiles/mcp.json'), join(home, '.kiro/settings/mcp.json'))
  try {
    expect(await found()).toEqual([
      ['Claude Code', 'it is nested too deeply'],
      ['Claude Code', `it leads out of ${project}`],
      ['Cursor', 'it is no plain file'],
      ['Windsurf', 'it is larger than 16 MB'],
      ['Gemini CLI', 'it is not JSON'],
      ['Codex', 'it is not TOML: a string does not end on its line in line 1'],
      ['LM Studio', 'it is no plain file'],
      ['Kiro', 'linked', command('linked', 'a')],
    ])
  } finally {
    rmSync(outside, { recursive: true })
  }
})

test.each([
  ['null', []],
  ['[]', []],
  ['{"mcpServers": 7}', ['the list of servers is no object']],
  [
    '{"mcpServers": {"a": null, "b": [], "c": {}, "d": "x"}}',
    ['it is no object', 'it is no object', 'it names neither a command nor an address', 'it is no object'],
  ],
  ['{"mcpServers": {"a": {"command": 7, "url": {}}}}', ['it names neither a command nor an address']],
  ['{"mcpServers": {"a": {"command": "x", "args": "y", "env": [1], "headers": 3}}}', [undefined]],
  ['{"mcpServers": {"__proto__": {"command": "x"}}}', [undefined]],
])('wrong types: %s', (text, problems) => {
  expect(serversIn(parseCommentedJson(text), ['mcpServers']).map(({ problem }) => problem)).toEqual(problems)
})

test('a file of ten thousand servers is cut', () => {
  const servers = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`s${at}`, { command: 'x' }]))
  expect(serversIn({ mcpServers: servers }, ['mcpServers'])).toHaveLength(200)
})

test('comments and commas too many are passed over, but not in strings', () => {
  const text = '\ufeff{ // one\n "a": "// no, /* no */ ,}", /* two\n */ "b": [1, 2, ], "c": "\\"//", }'
  expect(parseCommentedJson(text)).toEqual({ a: '// no, /* no */ ,}', b: [1, 2], c: '"//' })
  expect(() => parseCommentedJson('{ "a": 1 /* ')).toThrow(SyntaxError)
})
