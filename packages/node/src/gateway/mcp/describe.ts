import { Fault } from '@ambit/core/fault'
import type { Interface } from '@ambit/core/record'
import { modernErrorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import { isLegacyVersion, methods, modernVersion } from '@ambit/core/wire/mcp/methods'
import { isProtocolCapability } from '@ambit/core/wire/mcp/operation'
import type { Clock } from '../../kernel/clock.ts'
import type { Upstream } from '../../net/upstream.ts'
import type { Describe, Described, DescribeSource } from '../../registry/describe.ts'
import { discover, greet, initialize } from './legacy/handshake.ts'
import type { Greeting } from './legacy/handshake.ts'
import { HttpTransport } from './legacy/http-transport.ts'
import { Session } from './legacy/session.ts'
import { Child } from './stdio/child.ts'
import type { ChildSpec } from './stdio/child.ts'
import type { ChildEnvironment } from './stdio/egress-stdio.ts'
import { Guardian } from './stdio/guardian.ts'
import type { Homes } from './stdio/homes.ts'
import { MemoryWatch } from './stdio/memory-watch.ts'
import { protocolCapabilities } from './capabilities.ts'
import { firstText, readTools } from './tool-list.ts'
import type { ToolList } from './tool-list.ts'

const describeLimits = {
  /** One answer: a person waits for the whole description. */
  answerTimeoutMs: 15_000,
  /** Older servers may stay silent when asked in the new way. */
  probeTimeoutMs: 5000,
  /** The whole description, a program that must first unpack itself included. */
  callMsMax: 60_000,
  startTimeoutMs: 30_000,
} as const

export interface McpDescribeOptions {
  readonly upstream: Upstream
  readonly clock: Clock
  /** What a program gets of the node's environment. */
  readonly environment: ChildEnvironment
  readonly user?: ChildSpec['user']
  readonly homes?: Homes
  readonly memoryBytesMax?: number
  readonly limits?: Partial<Record<keyof typeof describeLimits, number>>
}

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

/**
 * Reads what a live MCP server says of itself: over HTTP the newest era first, then the older ones; a command is
 * started for it and ended afterwards. Throws a Fault `record.unreachable`, or `address.refused`.
 */
export function createMcpDescribe(options: McpDescribeOptions): Describe {
  const limits = { ...describeLimits, ...options.limits }
  const parts = { ...options, limits }
  return {
    protocol: 'mcp',
    async describe(source, headers, signal) {
      try {
        return 'url' in source
          ? await describeUrl(parts, addressOf(source.url), headers, signal)
          : await describeCommand(parts, source.command, signal)
      } catch (error) {
        throw unreachable(error, source)
      }
    },
  }
}

type Parts = McpDescribeOptions & { readonly limits: Record<keyof typeof describeLimits, number> }

async function describeUrl(
  parts: Parts,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Described> {
  const modern = openHttp(parts, url, headers)
  modern.transport.version = modernVersion
  modern.transport.modern = true
  try {
    const greeting = await within(parts, signal, modern.session, async () => {
      return await discover(modern.session, parts.limits.probeTimeoutMs)
    })
    return await within(
      parts,
      signal,
      modern.session,
      async () => await read(modern.session, greeting, httpInterface(url)),
    )
  } catch (error) {
    if (signal.aborted || !mayBeOlder(error)) throw error
  } finally {
    await modern.session.close()
  }
  const legacy = openHttp(parts, url, headers)
  try {
    return await within(parts, signal, legacy.session, async () => {
      const greeting = await initialize(
        legacy.session,
        (version) => (legacy.transport.version = version),
        parts.limits.answerTimeoutMs,
      )
      return await read(legacy.session, greeting, httpInterface(url))
    })
  } finally {
    await legacy.session.close()
  }
}

/** A recognised error of the new era, or no answer at all, says that asking in the old way would not help. */
function mayBeOlder(error: unknown): boolean {
  const fault = Fault.from(error)
  if (fault.code === 'upstream.timeout') return true
  if (fault.code !== 'upstream.invalid') return false
  const code = fault.extra?.['upstreamCode']
  const status = fault.extra?.['upstreamStatus']
  const supported = fault.extra?.['supported']
  if (Array.isArray(supported) && supported.some((version) => isLegacyVersion(version))) return true
  return status !== 401 && status !== 403 && !(typeof code === 'number' && modernErrorCodes.includes(code))
}

function openHttp(parts: Parts, url: URL, headers: Readonly<Record<string, string>>) {
  const { upstream, clock, limits } = parts
  const transport = new HttpTransport({ upstream, clock, url, answerTimeoutMs: limits.answerTimeoutMs })
  transport.headers = Object.entries(headers).flat()
  const session = new Session(transport, clock, limits)
  transport.receive = (value, from) => session.receive(value, from)
  return { transport, session }
}

async function describeCommand(
  parts: Parts,
  command: Extract<DescribeSource, { command: unknown }>['command'],
  signal: AbortSignal,
): Promise<Described> {
  const guardian = new Guardian()
  const { clock, homes, user, memoryBytesMax } = parts
  const { program, args } = command
  // Before there is a record, what is described is known by how it is started.
  const home = await homes?.of(JSON.stringify(['describe', program, args]))
  const env = { ...parts.environment, ...command.env, ...home?.env }
  const memory = new MemoryWatch(clock)
  const child = new Child(
    { program, args, env, user, memoryBytesMax, cwd: home?.cwd },
    { clock, guardian, memory },
  )
  const session = new Session(child, parts.clock, parts.limits)
  child.receive = (value) => void session.receive(value)
  child.ended = (fault) => {
    home?.gone()
    session.fail(fault)
  }
  try {
    return await within(parts, signal, session, async () => {
      const greeting = await greet(session, parts.limits.startTimeoutMs)
      return await read(session, greeting, {
        url: 'stdio:',
        transport: 'stdio',
        command: { program: command.program, args: [...command.args], env: Object.keys(command.env) },
      })
    })
  } finally {
    await session.close()
    guardian.close()
  }
}

/** Gives up when the signal says so, or when it takes too long: the session's requests then end with a Fault. */
async function within<T>(
  parts: Parts,
  signal: AbortSignal,
  session: Session,
  run: () => Promise<T>,
): Promise<T> {
  const giveUp = () => session.fail(new Fault('upstream.timeout', { detail: 'the description was given up' }))
  if (signal.aborted) throw new Fault('upstream.timeout', { detail: 'the description was given up' })
  signal.addEventListener('abort', giveUp, { once: true })
  const stop = parts.clock.after(parts.limits.callMsMax, giveUp)
  try {
    return await run()
  } finally {
    stop()
    signal.removeEventListener('abort', giveUp)
  }
}

async function read(
  session: Session,
  greeting: Greeting,
  where: Pick<Interface, 'url' | 'transport' | 'command'>,
): Promise<Described> {
  const declared = protocolCapabilities(greeting.capabilities)
  // Some servers declare nothing and have tools; one that declares other things only has none.
  const { capabilities: tools, remarks } =
    isObject(greeting.capabilities['tools']) || declared.length === 0
      ? await readTools(async (params) => await session.ask(methods.toolsList, params))
      : noTools
  const { serverInfo } = greeting
  const version = serverInfo['version']
  const website = serverInfo['websiteUrl']
  return {
    kind: 'tool-server',
    name: firstText(serverInfo['title'], serverInfo['name']),
    description: firstText(serverInfo['description'], greeting.instructions),
    version: typeof version === 'string' && semver.test(version) ? version : undefined,
    provider: { organization: undefined, url: typeof website === 'string' ? website : undefined },
    interfaces: [{ protocol: 'mcp', version: greeting.version, ...where, security: [] }],
    // A tool with the name of a part of the protocol could pass for it.
    capabilities: [...tools.filter((tool) => !isProtocolCapability(tool.id)), ...declared],
    remarks,
  }
}

const noTools: ToolList = { capabilities: [], remarks: [] }

function httpInterface(url: URL): Pick<Interface, 'url' | 'transport'> {
  return { url: url.href, transport: 'streamable-http' }
}

function addressOf(text: string): URL {
  if (!URL.canParse(text)) {
    throw new Fault('record.unreachable', {
      detail: 'that is not an address',
      where: 'url',
      remedy: 'Give the whole address, such as https://example.com/mcp.',
    })
  }
  return new URL(text)
}

function unreachable(error: unknown, source: DescribeSource): Fault {
  const fault = Fault.from(error)
  if (!fault.code.startsWith('upstream.')) return fault
  const ownRemedy = fault.extra?.['upstreamStatus'] === 401 || fault.extra?.['upstreamStatus'] === 403
  return new Fault('record.unreachable', {
    detail: `as an MCP server: ${fault.detail}`,
    where: 'url' in source ? new URL(source.url).host : source.command.program,
    ...(ownRemedy ? { remedy: 'Give the credential that this server needs, and try again.' } : {}),
    cause: fault,
  })
}
