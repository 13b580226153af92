import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext } from 'node:tls'
import { Client, credentials, experimental, status } from '@grpc/grpc-js'
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js'
import { Fault } from '@ambit/core/fault'
import type { Clock } from '../../../kernel/clock.ts'
import { limits } from '../../../kernel/limits.ts'
import type { AddressGuard } from '../../../net/address.ts'
import { guardedLookup, refuseAddress } from '../../../net/upstream.ts'

/** Agents with an open channel; the one unused longest is closed beyond this. */
const channelsMax = 2000
/** A channel without a call for so long has no connection. */
const idleMs = 60_000
/** How often a silent connection with calls is asked whether its other end is alive, and how long that may take. */
const keepaliveMs = 60_000
const keepaliveTimeoutMs = 20_000
/** Between two tries to connect. */
const reconnectMsMax = 10_000
/** Between two questions for the same name: whoever asks after every failure must not ask without end. */
const resolveMsMin = 1000

/** The connections to one agent's gRPC address. */
export interface Channel {
  readonly client: Client
  /** Why its name leads to no address that may be called; undefined while it does. */
  readonly refused: () => Fault | undefined
}

/** Channels to agents, one for each address: shared by all calls, bounded, and never to a refused address. */
export interface Channels {
  /** Throws `address.refused` for a literal address that may not be called. */
  to(url: URL): Channel
  close(): void
}

export function createChannels(guard: AddressGuard, clock: Clock): Channels {
  const channels = new Map<string, Channel>()
  return {
    to(url) {
      const key = url.origin
      const channel = channels.get(key) ?? openChannel(url, guard, clock)
      // Last in the order of use.
      channels.delete(key)
      channels.set(key, channel)
      if (channels.size > channelsMax) {
        const [oldest, unused] = channels.entries().next().value!
        channels.delete(oldest)
        unused.client.close()
      }
      return channel
    },
    close() {
      for (const { client } of channels.values()) client.close()
      channels.clear()
    },
  }
}

/** Names are resolved by `GuardedResolver`, which takes this from the options of its channel. */
interface Guarding {
  readonly guard: AddressGuard
  readonly clock: Clock
  refused: Fault | undefined
}

const guardingKey = 'ambit.guarding'
const scheme = 'ambit-guarded'

function openChannel(url: URL, guard: AddressGuard, clock: Clock): Channel {
  refuseAddress(url, guard)
  const guarding: Guarding = { guard, clock, refused: undefined }
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? '443' : '80') : url.port
  const client = new Client(
    `${scheme}:${url.hostname}:${port}`,
    secure ? tlsFor(url) : credentials.createInsecure(),
    {
      [guardingKey]: guarding,
      ...(secure && isBareAddress(url) ? { 'grpc.ssl_target_name_override': namelessHost } : {}),
      // A proxy of the environment would resolve names by itself, past the guard.
      'grpc.enable_http_proxy': 0,
      // An act is sent once; whether it may be sent again is not for the transport to decide.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
      'grpc.max_receive_message_length': limits.answerBytesMax,
      'grpc.client_idle_timeout_ms': idleMs,
      'grpc.keepalive_time_ms': keepaliveMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      'grpc.max_reconnect_backoff_ms': reconnectMsMax,
    },
  )
  return { client, refused: () => guarding.refused }
}

/** A server at a bare address is asked for no name of its own (RFC 6066 has none for it), and proves the address. */
const namelessHost = 'address.invalid'

function tlsFor(url: URL): ChannelCredentials {
  // Not `createSsl`: variables of the environment would choose for it whom to believe.
  const context = createSecureContext({ minVersion: 'TLSv1.2' })
  if (!isBareAddress(url)) return credentials.createFromSecureContext(context)
  const { hostname } = url
  return credentials.createFromSecureContext(context, {
    checkServerIdentity: (_name, certificate) => checkServerIdentity(bare(hostname), certificate),
  })
}

function isBareAddress({ hostname }: URL): boolean {
  return isIP(bare(hostname)) !== 0
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

type Listener = experimental.ResolverListener
type Target = experimental.GrpcUri

/** Resolves a name to the addresses that may be called; the connection goes to these and to no other. */
class GuardedResolver implements experimental.Resolver {
  readonly #target: Target
  readonly #listener: Listener
  readonly #guarding: Guarding
  #asking = false
  #askedAt = Number.NEGATIVE_INFINITY
  #stopWaiting: (() => void) | undefined

  constructor(target: Target, listener: Listener, options: ChannelOptions) {
    this.#target = target
    this.#listener = listener
    this.#guarding = options[guardingKey] as Guarding
  }

  static getDefaultAuthority(target: Target): string {
    return target.path
  }

  updateResolution(): void {
    if (this.#asking) return
    this.#asking = true
    const { clock } = this.#guarding
    const waitMs = this.#askedAt + resolveMsMin - clock.monotonicMs()
    if (waitMs <= 0) this.#ask()
    else this.#stopWaiting = clock.after(waitMs, () => this.#ask())
  }

  destroy(): void {
    this.#asking = false
    this.#stopWaiting?.()
  }

  #ask(): void {
    this.#askedAt = this.#guarding.clock.monotonicMs()
    const { host, port } = experimental.splitHostPort(this.#target.path)!
    guardedLookup(this.#guarding.guard)(host, { all: true }, (error, addresses) => {
      if (!this.#asking) return
      this.#asking = false
      this.#guarding.refused = Fault.is(error) && error.code === 'address.refused' ? error : undefined
      const found = Array.isArray(addresses) ? addresses : []
      const endpoints = found.map(({ address }) => ({ addresses: [{ host: address, port: port ?? 443 }] }))
      const result: experimental.StatusOr<experimental.Endpoint[]> =
        error === null ? experimental.statusOrFromValue(endpoints) : experimental.statusOrFromError(noAddress)
      this.#listener(result, {}, null, '')
    })
  }
}

const noAddress = { code: status.UNAVAILABLE, details: 'its name leads to no address' }

experimental.registerResolver(scheme, GuardedResolver)
