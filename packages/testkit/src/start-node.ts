import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '@ambit/node/config'
import type { Config } from '@ambit/node/config'
import { startNode } from '@ambit/node/node'
import { connectAmbit } from '@ambit/sdk/client'
import type { Ambit } from '@ambit/sdk/client'
import type { ClientAccess, NewMandate } from '@ambit/sdk/mandates'
import type { Registration } from '@ambit/sdk/records'

/** A node on real sockets with its owner signed in. */
export interface TestNode extends AsyncDisposable {
  /** `http://localhost:…` */
  readonly url: string
  readonly port: number
  readonly metricsPort: number
  /** 0: gRPC is not served. */
  readonly grpcPort: number
  /** 0: agents are not served over mutual TLS. */
  readonly agentsPort: number
  /** The owner's session. */
  readonly ambit: Ambit
  readonly session: string
  readonly data: string
  /** Drains and closes; the data folder goes with the disposal, where the node made it. */
  stop(): Promise<void>
}

export interface TestNodeOptions {
  /** Address of the store; left out, a file in the data folder. */
  readonly store?: string
  /** Further settings, `AMBIT_…`. */
  readonly env?: Readonly<Record<string, string>>
  /** In units that no variable has. */
  readonly finer?: Partial<Config>
  /** A data folder that stays; left out, one that goes with the node. */
  readonly data?: string
}

/** The settings of a node that no other one gets in the way of. */
export function testSettings({ store, env = {} }: TestNodeOptions, data: string): Record<string, string> {
  return {
    AMBIT_DATA: data,
    AMBIT_PORT: '0',
    AMBIT_GRPC_PORT: '0',
    AMBIT_AGENTS_PORT: 'off',
    AMBIT_METRICS_PORT: '0',
    AMBIT_ALLOW_ADDRESSES: '127.0.0.0/8,::1',
    AMBIT_LOG_LEVEL: 'silent',
    AMBIT_PROBE_MINUTES: '0',
    // Tests approve much, and at once.
    AMBIT_APPROVAL_ASKS_MAX: '0',
    AMBIT_APPROVAL_QUICK_MAX: '0',
    ...(store === undefined ? {} : { AMBIT_STORE: store }),
    ...env,
  }
}

/** Starts a node in this process. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'ambit-test-'))
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...testSettings(options, data) }
  const node = await startNode({ ...readConfig(environment), ...options.finer })
  const { ambit, session } = await signInOwner(node.origin, node.signInLink)
  return {
    url: node.origin,
    port: node.port,
    metricsPort: node.metricsPort,
    grpcPort: node.grpcPort ?? 0,
    agentsPort: node.agentsPort ?? 0,
    ambit,
    session,
    data,
    stop: async () => await node.stop(),
    async [Symbol.asyncDispose]() {
      await node.stop()
      if (options.data === undefined) removeData(data)
    },
  }
}

/** Removes a data folder and what a node keeps beside it. */
export function removeData(data: string): void {
  for (const folder of [data, `${data}-guard`, `${data}-backups`])
    rmSync(folder, { recursive: true, force: true })
}

/** Uses a sign-in link up. */
export async function signInOwner(url: string, link: string): Promise<{ ambit: Ambit; session: string }> {
  const token = new URL(link).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url }).people.signIn(token, 'cli')
  if (session === undefined) throw new Error('the node gave no session')
  return { ambit: connectAmbit({ url, token: session }), session }
}

/** Registers what answers at a URL (or by a command) and brings it on line with every proposal accepted. */
export async function bringOnline(
  ambit: Ambit,
  source: Pick<Registration, 'url' | 'command' | 'secrets' | 'headersFor'>,
  slug: string,
): Promise<void> {
  await ambit.records.register({ ...source, slug, responsible: { name: 'Operations' } })
  await ambit.records.accept(slug)
  await ambit.records.submit(slug)
  await ambit.records.activate(slug)
}

/** Has what could be vetoed in the outbox go on at once: for tests that are about something else. */
export async function withoutHold(ambit: Ambit, slug: string): Promise<void> {
  const { capabilities } = await ambit.records.get(slug)
  const held = capabilities.filter(({ profile }) => profile.reversibility === 1 && profile.effect !== 'read')
  const profiles = held.map(({ id, profile }) => [id, { ...profile, windowMs: 0 }] as const)
  await ambit.records.accept(slug, { profiles: Object.fromEntries(profiles) })
}

export interface TestAccess extends ClientAccess {
  readonly mandate: string
}

/** Grants a mandate and makes a token for it. */
export async function allow(
  ambit: Ambit,
  entries: NewMandate['allow'],
  more: Partial<NewMandate> = {},
): Promise<TestAccess> {
  const mandate = await ambit.mandates.grant({ purpose: 'a test', allow: entries, ...more })
  return { ...(await ambit.mandates.connect(mandate.id)), mandate: mandate.id }
}
