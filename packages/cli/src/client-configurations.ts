import { homedir } from 'node:os'
import { join } from 'node:path'

/** How a client writes its servers down. */
export type ServerForm = 'json' | 'toml' | 'yaml'

/** A place where a client of MCP keeps which servers it uses. */
interface Place {
  readonly client: string
  /**
   * Below which folder: the person's own, that of the settings of programs, or the one of a project. The settings are in
   * ~/Library/Application Support on macOS, in %APPDATA% on Windows, else in $XDG_CONFIG_HOME or ~/.config.
   */
  readonly below: 'home' | 'settings' | 'config' | 'project'
  /** With `*.json` at its end: each such file of the folder. */
  readonly path: string
  readonly form?: ServerForm
  /** Where in the file the servers stand: one path of members or several; `*` is each member. */
  readonly members: readonly string[]
  /** Documentation of the client that says so. */
  readonly source: string
}

const vsCodeSource = 'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration'
const claudeCodeSource = 'https://code.claude.com/docs/en/mcp'
const cursorSource = 'https://cursor.com/docs/context/mcp'
const zedSource = 'https://zed.dev/docs/ai/mcp'
const geminiSource = 'https://google-gemini.github.io/gemini-cli/docs/tools/mcp-server.html'
const codexSource = 'https://developers.openai.com/codex/mcp'
const continueSource = 'https://docs.continue.dev/customize/deep-dives/mcp'
const rooSource = 'https://docs.roocode.com/features/mcp/using-mcp-in-roo'
const kiroSource = 'https://kiro.dev/docs/mcp/configuration'
const openCodeSource = 'https://opencode.ai/docs/mcp-servers'
const usual = ['mcpServers'] as const

/** The clients and places that are known. One that is missing here is a row to add. */
const places: readonly Place[] = [
  {
    client: 'Claude Desktop',
    below: 'settings',
    path: 'Claude/claude_desktop_config.json',
    members: usual,
    source: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
  },
  {
    client: 'Claude Code',
    below: 'home',
    path: '.claude.json',
    members: ['mcpServers', 'projects.*.mcpServers'],
    source: claudeCodeSource,
  },
  { client: 'Claude Code', below: 'project', path: '.mcp.json', members: usual, source: claudeCodeSource },
  { client: 'Cursor', below: 'home', path: '.cursor/mcp.json', members: usual, source: cursorSource },
  { client: 'Cursor', below: 'project', path: '.cursor/mcp.json', members: usual, source: cursorSource },
  {
    client: 'VS Code',
    below: 'settings',
    path: 'Code/User/mcp.json',
    members: ['servers'],
    source: vsCodeSource,
  },
  {
    client: 'VS Code',
    below: 'settings',
    path: 'Code/User/settings.json',
    members: ['mcp.servers'],
    source: vsCodeSource,
  },
  {
    client: 'VS Code Insiders',
    below: 'settings',
    path: 'Code - Insiders/User/mcp.json',
    members: ['servers'],
    source: vsCodeSource,
  },
  {
    client: 'VS Code',
    below: 'project',
    path: '.vscode/mcp.json',
    members: ['servers'],
    source: vsCodeSource,
  },
  {
    client: 'Windsurf',
    below: 'home',
    path: '.codeium/windsurf/mcp_config.json',
    members: usual,
    source: 'https://docs.windsurf.com/windsurf/cascade/mcp',
  },
  {
    client: 'Cline',
    below: 'settings',
    path: 'Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    members: usual,
    source: 'https://docs.cline.bot/mcp/configuring-mcp-servers',
  },
  {
    client: 'Roo Code',
    below: 'settings',
    path: 'Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
    members: usual,
    source: rooSource,
  },
  { client: 'Roo Code', below: 'project', path: '.roo/mcp.json', members: usual, source: rooSource },
  {
    client: 'Continue',
    below: 'home',
    path: '.continue/config.json',
    members: ['mcpServers', 'experimental.modelContextProtocolServers'],
    source: continueSource,
  },
  {
    client: 'Continue',
    below: 'home',
    path: '.continue/config.yaml',
    form: 'yaml',
    members: usual,
    source: continueSource,
  },
  {
    client: 'Continue',
    below: 'project',
    path: '.continue/mcpServers/*.json',
    members: usual,
    source: continueSource,
  },
  {
    client: 'Zed',
    below: 'config',
    path: 'zed/settings.json',
    members: ['context_servers'],
    source: zedSource,
  },
  {
    client: 'Zed',
    below: 'project',
    path: '.zed/settings.json',
    members: ['context_servers'],
    source: zedSource,
  },
  {
    client: 'Gemini CLI',
    below: 'home',
    path: '.gemini/settings.json',
    members: usual,
    source: geminiSource,
  },
  {
    client: 'Gemini CLI',
    below: 'project',
    path: '.gemini/settings.json',
    members: usual,
    source: geminiSource,
  },
  {
    client: 'Qwen Code',
    below: 'home',
    path: '.qwen/settings.json',
    members: usual,
    source: 'https://qwenlm.github.io/qwen-code-docs/en/users/features/mcp/',
  },
  {
    client: 'Codex',
    below: 'home',
    path: '.codex/config.toml',
    form: 'toml',
    members: ['mcp_servers'],
    source: codexSource,
  },
  {
    client: 'Codex',
    below: 'project',
    path: '.codex/config.toml',
    form: 'toml',
    members: ['mcp_servers'],
    source: codexSource,
  },
  {
    client: 'Copilot CLI',
    below: 'home',
    path: '.copilot/mcp-config.json',
    members: usual,
    source: 'https://docs.github.com/en/copilot/how-tos/use-copilot-agents/use-copilot-cli',
  },
  {
    client: 'LM Studio',
    below: 'home',
    path: '.lmstudio/mcp.json',
    members: usual,
    source: 'https://lmstudio.ai/docs/app/mcp',
  },
  { client: 'Kiro', below: 'home', path: '.kiro/settings/mcp.json', members: usual, source: kiroSource },
  { client: 'Kiro', below: 'project', path: '.kiro/settings/mcp.json', members: usual, source: kiroSource },
  {
    client: 'OpenCode',
    below: 'config',
    path: 'opencode/opencode.json',
    members: ['mcp'],
    source: openCodeSource,
  },
  { client: 'OpenCode', below: 'project', path: 'opencode.json', members: ['mcp'], source: openCodeSource },
  {
    client: 'Goose',
    below: 'config',
    path: 'goose/config.yaml',
    form: 'yaml',
    members: ['extensions'],
    source: 'https://block.github.io/goose/docs/guides/config-files',
  },
]

/** Where a person's programs keep their settings. */
export interface Machine {
  /** As `process.platform` says it. */
  readonly platform: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folder of a project. */
  readonly project: string
}

export interface ConfigurationPlace {
  readonly client: string
  readonly path: string
  /** The folder that the file must lie in, wherever links lead. */
  readonly within: string
  readonly form: ServerForm
  readonly members: readonly string[]
}

/** Every place of this machine, whether a file is there or not. */
export function configurationPlaces(machine: Machine): readonly ConfigurationPlace[] {
  return places.map(({ client, below, path, form = 'json', members }) => {
    const within = folderOf(below, machine)
    return { client, path: join(within, ...path.split('/')), within, form, members }
  })
}

function folderOf(below: Place['below'], { platform, environment, project }: Machine): string {
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? homedir()
  if (below === 'project') return project
  if (below === 'home') return home
  const config = environment['XDG_CONFIG_HOME'] ?? join(home, '.config')
  if (platform === 'win32') return environment['APPDATA'] ?? join(home, 'AppData', 'Roaming')
  // Programs that come from Linux keep to ~/.config there too.
  return platform === 'darwin' && below === 'settings' ? join(home, 'Library', 'Application Support') : config
}
