import { connectAmbit } from '@ambit/sdk/client'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { bringOnline, withoutHold } from '@ambit/testkit/start-node'
import { canaryOf, foreignCanaries } from './canary.ts'
import type { HolderName } from './canary.ts'
import { Memory } from './draft.ts'
import type { Flavour } from './draft.ts'
import { a2aTargets } from './upstream-a2a.ts'
import { mcpTargets } from './upstream-mcp.ts'
import { startHostileUpstream } from './upstream.ts'
import type { HostileUpstream } from './upstream.ts'

export type Protocol = 'mcp' | 'a2a'

export interface FuzzHolder {
  readonly name: HolderName
  readonly token: string
  readonly memory: Memory
  /** Secrets of others that stood in what it sent. */
  readonly known: Set<string>
}

/** A node as a user starts it, hostile upstreams behind it, and two callers that must never hear of one another. */
export interface FuzzBed extends AsyncDisposable {
  readonly node: SpawnedNode
  readonly upstream: HostileUpstream
  readonly holders: Readonly<Record<HolderName, FuzzHolder>>
  /** What a caller can name, by how it behaves: tools, or agents. */
  readonly names: ReadonlyMap<Flavour, readonly string[]>
  /** Why the process ended by itself; undefined while it runs. */
  readonly exit: string | undefined
  /** Secrets that stood in log lines so far. */
  readonly loggedSecrets: readonly string[]
  readonly lastLog: string
}

/** Acts that one caller may leave waiting for a person go on for a minute only, so that there is room for new ones. */
const env = { AMBIT_LOG_LEVEL: 'debug', AMBIT_UPSTREAM_TIMEOUT_MS: '3000', AMBIT_APPROVAL_MINUTES: '1' }
const logKeptCharacters = 20_000

export async function startFuzzBed(protocol: Protocol): Promise<FuzzBed> {
  const credential = canaryOf('key')
  const upstream = await startHostileUpstream(credential)
  const node = await spawnNode({ env, stderr: 'pipe' })
  const watched = watch(node)
  const targets = protocol === 'mcp' ? mcpTargets : a2aTargets
  for (const { slug, path } of targets) {
    const secrets = [{ header: 'x-upstream-key', value: credential }]
    const source = { url: upstream.origin + path, secrets, headersFor: 'everyone' as const }
    await bringOnline(node.ambit, source, slug)
    await withoutHold(node.ambit, slug)
  }
  const holders = { ann: await holderOf(node, 'ann', targets), bob: await holderOf(node, 'bob', targets) }
  watched.secrets.push(holders.ann.token, holders.bob.token, node.session)
  const names = new Map<Flavour, readonly string[]>()
  for (const flavour of ['true', 'odd', 'broken', 'ask'] as const) {
    const slugs = targets.filter((target) => target.flavour === flavour).map(({ slug }) => slug)
    names.set(flavour, protocol === 'a2a' ? slugs : slugs.map((slug) => slug.replace('-', '_')))
  }
  upstream.hostile = true
  return {
    node,
    upstream,
    holders,
    names,
    get exit() {
      return watched.exit
    },
    get loggedSecrets() {
      return watched.found
    },
    get lastLog() {
      return watched.log
    },
    async [Symbol.asyncDispose]() {
      watched.stopping = true
      await node[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

/** Each has a mandate, and so a key, of its own. */
async function holderOf(
  node: SpawnedNode,
  name: HolderName,
  targets: readonly { readonly slug: string; readonly flavour: Flavour }[],
): Promise<FuzzHolder> {
  const allow = targets.map(({ slug, flavour }) => ({
    target: slug,
    capability: '*',
    decision: flavour === 'ask' ? ('ask' as const) : ('autonomous' as const),
  }))
  const ambit = connectAmbit({ url: node.url, token: node.session })
  const mandate = await ambit.mandates.grant({ purpose: `fuzz as ${name}`, allow })
  const { token } = await ambit.mandates.connect(mandate.id)
  return { name, token, memory: new Memory(), known: new Set() }
}

function watch(node: SpawnedNode) {
  const watched = {
    exit: undefined as string | undefined,
    stopping: false,
    secrets: [] as string[],
    found: [] as string[],
    log: '',
  }
  node.child.once('exit', (code, signal) => {
    if (!watched.stopping) watched.exit = `the node ended (${code ?? signal})`
  })
  node.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    // A secret may be cut by a piece of the stream: the end of the last one is looked at again.
    const seen = watched.log.slice(-300) + text
    for (const canary of foreignCanaries(seen, undefined)) {
      if (!watched.found.includes(canary)) watched.found.push(canary)
    }
    for (const secret of watched.secrets) {
      if (seen.includes(secret) && !watched.found.includes('a token')) watched.found.push('a token')
    }
    watched.log = (watched.log + text).slice(-logKeptCharacters)
  })
  return watched
}
