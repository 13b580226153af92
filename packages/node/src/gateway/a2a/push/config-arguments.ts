import { messageCapability } from '../capability.ts'
import { isCallbackId } from './callback.ts'
import type { KeptConfig } from './callback.ts'
import type { AgentConfig } from './callbacks.ts'
import type { CallbackRow } from './push-store.ts'

type Members = Readonly<Record<string, unknown>>

/** The capability that makes a configuration; whoever sends one in a message needs it as well. */
export const pushSetCapability = 'task.push.set'

/**
 * The arguments of an act with a configuration in them: its address, by which it is decided, and the callback in place
 * of the client's secrets. `inline`: it stands in a message.
 */
export function withCallback(
  params: Members,
  inline: boolean,
  row: Pick<CallbackRow, 'id' | 'config'>,
): Members {
  if (!inline) return decidedView(params, row)
  const configuration = members(params['configuration'])
  const config = decidedView(inlineConfig(params), row)
  return { ...params, configuration: { ...configuration, taskPushNotificationConfig: config } }
}

function decidedView(config: unknown, row: Pick<CallbackRow, 'id' | 'config'>): Members {
  const { token: _token, authentication, ...rest } = members(config) ?? {}
  const scheme = members(authentication)?.['scheme']
  return {
    ...rest,
    id: row.config,
    ...(scheme === undefined ? {} : { authentication: { scheme } }),
    callback: row.id,
  }
}

/** The callback that stands in the arguments of an act. */
export function callbackIn(capability: string, given: unknown): string | undefined {
  if (capability !== messageCapability && capability !== pushSetCapability) return undefined
  const config = capability === messageCapability ? inlineConfig(given) : given
  const callback = members(config)?.['callback']
  return isCallbackId(callback) ? callback : undefined
}

/** The same arguments for the agent: its own configuration in place of the client's. */
export function withAgentConfig(capability: string, given: unknown, config: AgentConfig): Members {
  if (capability !== messageCapability) return agentView(given, config)
  const params = members(given) ?? {}
  return {
    ...params,
    configuration: {
      ...members(params['configuration']),
      taskPushNotificationConfig: agentView(inlineConfig(params), config),
    },
  }
}

function agentView(given: unknown, config: AgentConfig): Members {
  const { callback: _callback, authentication: _authentication, ...rest } = members(given) ?? {}
  return { ...rest, ...config }
}

/** An agent's configuration as its client knows it. */
export function clientView(made: Members, kept: KeptConfig): Members {
  const { url: _url, token: _token, authentication: _authentication, ...rest } = made
  const { version: _version, ...known } = kept
  return { ...rest, ...known }
}

/** The configuration in the arguments of a message. */
export function inlineConfig(given: unknown): unknown {
  return members(members(given)?.['configuration'])?.['taskPushNotificationConfig']
}

export function members(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined
}
