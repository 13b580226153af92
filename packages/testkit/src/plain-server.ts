import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Effect, Profile, Reversibility, Role } from '@ambit/core/record'
import type { Ambit } from '@ambit/sdk/client'

export interface HeardRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A server that speaks no protocol of agents: it remembers what reached it and answers `done`. */
export interface PlainServer extends AsyncDisposable {
  readonly url: string
  readonly heard: readonly HeardRequest[]
}

export async function startPlainServer(): Promise<PlainServer> {
  const heard: HeardRequest[] = []
  const server = createServer((request, response) => {
    heard.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers })
    request.resume()
    request.on('end', () => response.end('done'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

export interface PlainCapability {
  readonly effect: Effect
  readonly reversibility: Reversibility
  readonly roles?: Readonly<Record<string, Role>>
  readonly windowMs?: number
}

/** Brings a record on line whose capabilities are called `METHOD /path`. */
export async function bringPlainOnline(
  ambit: Ambit,
  slug: string,
  url: string,
  capabilities: Readonly<Record<string, PlainCapability>>,
): Promise<void> {
  await ambit.records.apply({
    v: 1,
    aliases: [],
    slug,
    kind: 'tool-server',
    version: '1.0.0',
    name: { en: slug },
    description: {},
    provider: { organization: 'A house', domains: [] },
    responsible: { name: 'Operations' },
    interfaces: [{ protocol: 'openai', version: '1', url, transport: 'http+json', security: [] }],
    capabilities: Object.entries(capabilities).map(([id, of]) => ({
      id,
      name: id,
      description: '',
      definition: `sha256:${Buffer.from(id).toString('hex').slice(0, 64).padEnd(64, '0')}`,
      profile: profileOf(of),
      modes: [],
    })),
    places: [],
    scenarios: [],
    supplies: [],
    evidence: [],
  })
  await ambit.records.submit(slug)
  await ambit.records.activate(slug)
}

function profileOf({ roles = {}, ...rest }: PlainCapability): Profile {
  return { ...rest, roles, integrity: {}, dataClasses: [] }
}
