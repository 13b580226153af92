import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { messageCapability, pushSetCapability } from '../capability.ts'
import { isCallbackId } from './callback.ts'
import type { KeptConfig } from './callback.ts'
import type { AgentConfig } from './callbacks.ts'
import type { CallbackRow } from './push-store.ts'

/**
 * The arguments of an act with a configuration in them: its address, by which it is decided, and the callback in place
 * of the client's secrets. `inline`: it stands in a message.
 */
export function withCallback(params: Json, inline: boolean, row: Pick<CallbackRow, 'id' | 'config'>): Json {
  if (!inline) return decidedView(params, row)
  const configuration = objectOf(params['configuration'])
  const config = decidedView(inlineConfig(params), row)
  return { ...params, configuration: { ...configuration, taskPushNotificationConfig: config } }
}

function decidedView(config: unknown, row: Pick<CallbackRow, 'id' | 'config'>): Json {
  const { token: _token, authentication, ...rest } = objectOf(config) ?? {}
  const scheme = objectOf(authentication)?.['scheme']
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
  const callback = objectOf(config)?.['callback']
  return isCallbackId(callback) ? callback : undefined
}

/** The same arguments for the agent: its own configuration in place of the client's. */
export function withAgentConfig(capability: string, given: unknown, config: AgentConfig): Json {
  if (capability !== messageCapability) return agentView(given, config)
  const params = objectOf(given) ?? {}
  return {
    ...params,
    configuration: {
      ...objectOf(params['configuration']),
      taskPushNotificationConfig: agentView(inlineConfig(params), config),
    },
  }
}

function agentView(given: unknown, config: AgentConfig): Json {
  const { callback: _callback, authentication: _authentication, ...rest } = objectOf(given) ?? {}
  return { ...rest, ...config }
}

/** An agent's configuration as its client knows it. */
export function clientView(made: Json, kept: KeptConfig): Json {
  const { url: _url, token: _token, authentication: _authentication, ...rest } = made
  const { version: _version, ...known } = kept
  return { ...rest, ...known }
}

/** The configuration in the arguments of a message. */
export function inlineConfig(given: unknown): unknown {
  return objectOf(objectOf(given)?.['configuration'])?.['taskPushNotificationConfig']
}
