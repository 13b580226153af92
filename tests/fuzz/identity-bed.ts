import { createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { account, newKey } from '@ambit/testkit/acme-hand'
import { startMcpServer } from '@ambit/testkit/mcp-server'
import { ProofKey } from '@ambit/testkit/proof'
import { spawnNode } from '@ambit/testkit/spawn-node'
import type { SpawnedNode } from '@ambit/testkit/spawn-node'
import { bringOnline } from '@ambit/testkit/start-node'
import type { HolderName } from './canary.ts'

/** An agent that proves who it is: with an account of ACME, and with a key that signs its requests. */
export interface FuzzAgent {
  readonly name: HolderName
  readonly aic: string
  readonly key: ProofKey
  /** Its account: the key, and the address. */
  readonly account: { readonly key: KeyObject; readonly kid: string }
  /** Its mandate. */
  readonly mandate: string
}

/** A node as a user starts it, and two agents that must never be taken for one another. */
export interface IdentityBed extends AsyncDisposable {
  readonly node: SpawnedNode
  readonly agents: Readonly<Record<HolderName, FuzzAgent>>
  /** Why the process ended by itself; undefined while it runs. */
  readonly exit: string | undefined
  /** What stood in log lines and must not. */
  readonly loggedSecrets: readonly string[]
  readonly lastLog: string
}

const env = { AMBIT_LOG_LEVEL: 'debug', AMBIT_OAUTH: 'off' }
const logKeptCharacters = 20_000

export async function startIdentityBed(): Promise<IdentityBed> {
  const [agent, server] = await Promise.all([startA2aAgent(), startMcpServer()])
  const node = await spawnNode({ env, stderr: 'pipe' })
  const secrets = new Set([node.session])
  const watched = {
    exit: undefined as string | undefined,
    stopping: false,
    log: '',
    found: new Set<string>(),
  }
  node.child.once('exit', (code, signal) => {
    if (!watched.stopping) watched.exit = `the node ended (${code ?? signal})`
  })
  node.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    // A secret may be cut by a piece of the stream.
    const seen = watched.log.slice(-300) + text
    for (const secret of secrets)
      if (seen.includes(secret))
        watched.found.add(`a secret (${createHash('sha256').update(secret).digest('hex').slice(0, 8)})`)
    watched.log = (watched.log + text).slice(-logKeptCharacters)
  })
  await bringOnline(node.ambit, { url: server.url }, 'desk')
  const made = async (name: HolderName) => await agentOf(node, agent.url, name, secrets)
  const agents = { ann: await made('ann'), bob: await made('bob') }
  return {
    node,
    agents,
    get exit() {
      return watched.exit
    },
    get loggedSecrets() {
      return [...watched.found]
    },
    get lastLog() {
      return watched.log
    },
    async [Symbol.asyncDispose]() {
      watched.stopping = true
      await node[Symbol.asyncDispose]()
      await Promise.all([agent.close(), server.close()])
    },
  }
}

async function agentOf(
  { ambit, url, port }: SpawnedNode,
  upstream: string,
  name: HolderName,
  secrets: Set<string>,
): Promise<FuzzAgent> {
  const key = new ProofKey()
  const proofs = [await ambit.agentKeys.prove(name, key.signer)]
  const responsible = { name: 'Operations' }
  const provider = { organization: 'Example Ltd', domains: [] }
  await ambit.records.register({ url: upstream, slug: name, responsible, keys: [key.didKey], proofs })
  await ambit.records.edit(name, { provider })
  for (const step of ['accept', 'submit', 'activate'] as const) await ambit.records[step](name)
  const aic = (await ambit.records.get(name)).record.id
  const allow = [{ target: 'desk', capability: '*', decision: 'autonomous' as const }]
  const mandate = (await ambit.mandates.grant({ purpose: `fuzz as ${name}`, allow, agent: name })).id
  const credential = async () => {
    const given = await ambit.certificates.credential(name)
    secrets.add(given.macKey)
    return given
  }
  const own = await account({ origin: url, server: { port }, ca: { credential } }, aic, newKey())
  if (own.answer.status !== 201) throw new Error(`no account: ${own.answer.text}`)
  return { name, aic, key, account: { key: own.key, kid: own.kid }, mandate }
}
