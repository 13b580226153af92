import { digestOf } from '@ambit/core/digest'

/** What each simulated tool server serves. */
export const tool = {
  name: 'look_up',
  description: 'Looks a word up in the catalogue and gives what is known of it.',
  inputSchema: {
    type: 'object',
    properties: { word: { type: 'string' }, limit: { type: 'integer' } },
    required: ['word'],
  },
}

const skill = {
  id: 'answer',
  name: 'Answer',
  description: 'Answers questions about the catalogue.',
  tags: ['catalogue'],
}

/** What each simulated agent says of itself. */
export const agentCard = {
  name: 'Simulated agent',
  description: 'Answers questions about the catalogue.',
  version: '1.0.0',
  supportedInterfaces: [{ url: '/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: {},
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [skill],
}
export const cardTag = '"simulated-1"'

const definition = await digestOf(tool)
const readOnly = {
  effect: 'read',
  reversibility: 0,
  roles: { word: 'selector', limit: 'quantity' },
  integrity: {},
  dataClasses: [],
}

/** The document of one record: every other one an agent, each at a loopback address of its own. About 1.4 KB. */
export function documentOf(at: number, port: number): object {
  const isAgent = at % 2 === 1
  const slug = `simulated-${String(at).padStart(6, '0')}`
  const url = `http://127.${1 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}:${port}`
  return {
    v: 1,
    aliases: [],
    slug,
    kind: isAgent ? 'agent' : 'tool-server',
    version: '1.0.0',
    name: { en: `Simulated ${at}`, zh: `模拟智能体 ${at}` },
    description: { en: 'Looks words up in a catalogue that it keeps, and answers questions about it.' },
    provider: {
      organization: 'Simulations',
      country: 'CN',
      domains: [],
      contact: 'registry@simulations.example',
    },
    responsible: { name: 'Simulations team', contact: 'team@simulations.example' },
    interfaces: [
      isAgent
        ? { protocol: 'a2a', version: '1.0', url: `${url}/`, transport: 'jsonrpc', security: [] }
        : {
            protocol: 'mcp',
            version: '2026-07-28',
            url: `${url}/mcp`,
            transport: 'streamable-http',
            security: [],
          },
    ],
    deployment: { where: 'cloud', region: 'cn-north', jurisdiction: 'CN' },
    capabilities: [
      {
        id: tool.name,
        name: tool.name,
        description: tool.description,
        inputSchema: tool.inputSchema,
        definition,
        profile: readOnly,
        modes: [],
      },
    ],
    places: [],
    scenarios: [],
    supplies: [],
    evidence: [],
  }
}
