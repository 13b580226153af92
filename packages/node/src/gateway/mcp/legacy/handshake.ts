import { Fault } from '@ambit/core/fault'
import { errorCodes, modernErrorCodes } from '@ambit/core/wire/mcp/errors'
import { isObject } from '@ambit/core/wire/mcp/message'
import type { JsonObject } from '@ambit/core/wire/mcp/message'
import {
  isLegacyVersion,
  legacyVersions,
  metaKeys,
  methods,
  modernVersion,
  notifications,
} from '@ambit/core/wire/mcp/methods'
import type { Session } from './session.ts'

/** The first version with a number; many local servers still answer with it, and its tools are read the same way. */
const firstVersion = '2024-11-05'

/** How this node names itself to upstreams. */
const clientInfo = { name: 'ambit', version: '0.1.0' } as const

/** What the upstream said of itself. Its texts are data of a third party. */
export interface Greeting {
  readonly version: string
  readonly serverInfo: JsonObject
  readonly capabilities: JsonObject
  readonly instructions: string | undefined
}

/** Begins a session of the eras before 2026-07-28. Throws a Fault when the server does not answer as they ask. */
export async function initialize(
  session: Session,
  onVersion: (version: string) => void,
  timeoutMs: number,
  capabilities: JsonObject = {},
): Promise<Greeting> {
  const result = await session.ask(
    methods.initialize,
    { protocolVersion: legacyVersions[0], capabilities, clientInfo },
    timeoutMs,
  )
  const version = result['protocolVersion']
  if (!isLegacyVersion(version) && version !== firstVersion) {
    throw new Fault('upstream.invalid', {
      detail: 'it answered `initialize` with a version this node does not speak',
    })
  }
  session.version = version
  onVersion(version)
  // A server may refuse what it hears before it, and over HTTP a later message may overtake it.
  await session.deliver(notifications.initialized)
  return greetingOf(result, version)
}

/** Asks a 2026-07-28 server who it is; from then on every request carries the members that this era needs. */
export async function discover(
  session: Session,
  timeoutMs: number,
  capabilities: JsonObject = {},
): Promise<Greeting> {
  session.meta = { ...modernMeta, [metaKeys.clientCapabilities]: capabilities }
  const result = await askWho(session, timeoutMs)
  const versions = result['supportedVersions']
  if (!Array.isArray(versions) || !versions.includes(modernVersion)) {
    throw new Fault('upstream.invalid', {
      detail: `it answered \`server/discover\` without ${modernVersion}`,
    })
  }
  session.version = modernVersion
  return greetingOf(result, modernVersion)
}

/** Once more when the server refused the version and names it among those it speaks all the same (2026-07-28, versioning). */
async function askWho(session: Session, timeoutMs: number): Promise<JsonObject> {
  const end = await session.settle(methods.discover, {}, timeoutMs)
  const again = end.type === 'error' && end.error.code === errorCodes.unsupportedVersion
  if (end.type === 'result') return end.result
  if (again && supportedIn(end.error.data).includes(modernVersion)) {
    return await session.ask(methods.discover, {}, timeoutMs)
  }
  if (end.type === 'failed') throw end.fault
  throw new Fault('upstream.invalid', {
    detail: `it answered \`${methods.discover}\` with error ${end.error.code}`,
    extra: { upstreamCode: end.error.code, supported: supportedIn(end.error.data) },
  })
}

function supportedIn(data: unknown): readonly unknown[] {
  const supported = isObject(data) ? data['supported'] : undefined
  return Array.isArray(supported) ? supported : []
}

/** `_meta` of every request of 2026-07-28 that this node makes on its own account. */
const modernMeta: JsonObject = {
  [metaKeys.protocolVersion]: modernVersion,
  [metaKeys.clientCapabilities]: {},
  [metaKeys.clientInfo]: clientInfo,
}

/**
 * Negotiates with a server of unknown era over one pair of pipes: `initialize` first, because most local servers are of
 * the older eras; `server/discover` when that is no method there.
 */
export async function greet(
  session: Session,
  timeoutMs: number,
  capabilities: JsonObject = {},
): Promise<Greeting> {
  try {
    return await initialize(session, () => undefined, timeoutMs, capabilities)
  } catch (error) {
    if (!Fault.is(error, 'upstream.invalid') || !looksModern(error.extra?.['upstreamCode'])) throw error
    return await discover(session, timeoutMs, capabilities)
  }
}

function looksModern(code: unknown): boolean {
  return (
    code === errorCodes.methodNotFound ||
    code === errorCodes.invalidRequest ||
    code === errorCodes.invalidParams ||
    (typeof code === 'number' && modernErrorCodes.includes(code))
  )
}

function greetingOf(result: JsonObject, version: string): Greeting {
  const meta = isObject(result['_meta']) ? result['_meta'] : {}
  const info = result['serverInfo'] ?? meta[metaKeys.serverInfo]
  return {
    version,
    serverInfo: isObject(info) ? info : {},
    capabilities: isObject(result['capabilities']) ? result['capabilities'] : {},
    instructions: typeof result['instructions'] === 'string' ? result['instructions'] : undefined,
  }
}
