import { readFileSync } from 'node:fs'
import { AckPolicy, DeliverPolicy, DiscardPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { RetentionPolicy, StorageType, JetStreamApiError } from '@nats-io/jetstream'
import type { JetStreamManager } from '@nats-io/jetstream'
import { connect, createInbox, credsAuthenticator, nanos } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Dial, Line, Receive } from './line.ts'

/** How a replica reaches NATS. The user, password and token are secrets. */
export interface NatsAddress {
  /** `host:port`, tried in turn. */
  readonly servers: readonly string[]
  readonly tls: boolean
  readonly user: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
  /** A file of NATS credentials (JWT and seed). */
  readonly credentialsFile: string | undefined
}

const connectTimeoutMs = 3000
const answerTimeoutMs = 2000
/** A connection that answers none of two pings is lost. */
const pingMs = 5000
const pingsMax = 2
/** A message is old news soon: whoever was away longer looks at the store. In memory, since the store is the truth. */
const keptMs = 5 * 60_000
const keptBytes = 8 * 1024 * 1024
const keptMessages = 20_000
/** NATS forgets the consumer of a replica that went away after this long. */
const consumerIdleMs = 30_000

/** Connects to a JetStream stream, which it makes where there is none, and hears what comes from now on. */
export function dialNats(address: NatsAddress, stream: string): Dial {
  const subject = `${stream}.said`
  return async (receive) => {
    const connection = await connect(optionsOf(address))
    try {
      const manager = await jetstreamManager(connection, { timeout: answerTimeoutMs })
      await makeStream(manager, stream, subject)
      await listen(connection, manager, stream, receive)
      return lineOn(connection, stream, subject)
    } catch (error) {
      await connection.close()
      throw error
    }
  }
}

/** One connection, never taken up again by itself: a new one finds the stream, hears anew and heals. */
function optionsOf(address: NatsAddress) {
  const { servers, tls, user, password, token, credentialsFile } = address
  return {
    servers: [...servers],
    name: 'ambit',
    reconnect: false,
    timeout: connectTimeoutMs,
    pingInterval: pingMs,
    maxPingOut: pingsMax,
    ...(tls ? { tls: {} } : {}),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(credentialsFile === undefined
      ? {}
      : { authenticator: credsAuthenticator(readFileSync(credentialsFile)) }),
  }
}

async function makeStream(manager: JetStreamManager, name: string, subject: string): Promise<void> {
  try {
    await manager.streams.info(name)
    return
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  await manager.streams.add({
    name,
    subjects: [subject],
    storage: StorageType.Memory,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(keptMs),
    max_bytes: keptBytes,
    max_msgs: keptMessages,
  })
}

/** An ordered consumer: nothing is acknowledged, and holes in the numbers are seen by whoever receives. */
async function listen(
  connection: NatsConnection,
  manager: JetStreamManager,
  stream: string,
  receive: Receive,
): Promise<void> {
  const inbox = createInbox()
  connection.subscribe(inbox, {
    callback(error, message) {
      const number = error === null ? numberOf(message.reply) : undefined
      if (number !== undefined) receive(message.data, number)
    },
  })
  await manager.consumers.add(stream, {
    deliver_subject: inbox,
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.None,
    max_deliver: 1,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(consumerIdleMs),
  })
}

function lineOn(connection: NatsConnection, stream: string, subject: string): Line {
  const client = jetstream(connection, { timeout: answerTimeoutMs })
  const options = { timeout: answerTimeoutMs, expect: { streamName: stream } }
  return {
    lost: connection.closed().then(() => undefined),
    async send(payload) {
      await client.publish(subject, payload, options)
    },
    [Symbol.asyncDispose]: async () => await connection.close(),
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === 404
}

/**
 * Number in the stream, from the address for acknowledgements: `$JS.ACK.<stream>.<consumer>.<tries>.<number>.…`, where
 * newer servers put a domain and an account before the stream. Undefined for a message that did not come from a stream.
 */
function numberOf(reply: string | undefined): number | undefined {
  const words = reply?.split('.') ?? []
  if (words[0] !== '$JS' || words[1] !== 'ACK' || words.length < 9) return undefined
  const number = Number(words[words.length === 9 ? 5 : 7])
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}
