import { AcpsAccount, AcpsClient, AcpsRefusal } from './acps-client.ts'
import type { Json } from './acps-client.ts'
import type { AgentIdentity } from './agent-client.ts'
import { startTestNode } from './start-node.ts'
import type { TestNode } from './start-node.ts'
import { connectAmbit } from '@ambit/sdk/client'

/** A node, and its owner as a client of ACPs. */
export interface AcpsRoom extends AsyncDisposable {
  readonly node: TestNode
  readonly client: AcpsClient
  /** The password of the owner there. */
  readonly apiToken: string
  /** PEM. */
  readonly roots: string
  /** Where entities are registered. */
  readonly agentsUrl: string
}

export async function openAcpsRoom(env: Readonly<Record<string, string>> = {}): Promise<AcpsRoom> {
  const node = await startTestNode({ env: { AMBIT_AGENTS_PORT: '0', ...env } })
  const { token: apiToken } = await node.ambit.people.createToken({ name: 'ACPs client' })
  const client = new AcpsClient(node.url)
  await client.login('Owner', apiToken)
  return {
    node,
    client,
    apiToken,
    roots: (await node.ambit.certificates.list()).trustBundle,
    agentsUrl: `https://localhost:${node.agentsPort}`,
    [Symbol.asyncDispose]: async () => await node[Symbol.asyncDispose](),
  }
}

let count = 0
/** A specification as a client writes it: without a code. */
export function specification(more: Json = {}): Json {
  count += 1
  return {
    aic: '',
    active: false,
    lastModifiedTime: '2026-03-11T21:16:59.134286+08:00',
    protocolVersion: '02.01',
    name: `Food guide ${count}`,
    description: 'Recommends restaurants',
    version: '1.0.0',
    provider: { organization: 'Example Org', countryCode: 'CN' },
    securitySchemes: { mtls: { type: 'mutualTLS' } },
    endPoints: [
      { url: `https://agent-${count}.example/rpc`, transport: 'JSONRPC', security: [{ mtls: [] }] },
      {
        url: `amqps://mq.example/acps?inbox=inbox_{AIC}`,
        transport: 'AMQP',
        security: [{ mtls: [] }],
      },
    ],
    capabilities: { streaming: false, notification: false, messageQueue: ['rabbitmq:>=4.2'] },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'food.find', name: 'Find', description: 'Finds food', version: '1.0.0', tags: ['food'] }],
    ...more,
  }
}

/** An ontology in force with its client certificate. */
export async function certifiedOntology(
  node: TestNode,
  by: AcpsClient,
): Promise<{ readonly aic: string; readonly account: AcpsAccount; readonly identity: AgentIdentity }> {
  const aic = await by.approved(specification({ endPoints: [] }), true)
  const account = new AcpsAccount(node.url)
  await account.open(await by.eab(aic))
  return { aic, account, identity: await account.certificate(aic, 'clientAuth') }
}

/** Another organisation of the node, with a client of its owner. */
export async function otherOrganization(node: TestNode, name: string): Promise<AcpsClient> {
  const { signInLink } = await node.ambit.organizations.add({
    id: name.toLowerCase(),
    name,
    owner: `Owner of ${name}`,
  })
  return await clientBy(node, signInLink, `Owner of ${name}`)
}

/** A client of whoever opens that link. */
export async function clientBy(node: TestNode, signInLink: string, username: string): Promise<AcpsClient> {
  const token = new URL(signInLink).searchParams.get('token') ?? ''
  const { session } = await connectAmbit({ url: node.url }).people.signIn(token, 'cli')
  if (session === undefined) throw new Error('the node gave no session')
  const own = connectAmbit({ url: node.url, token: session })
  const client = new AcpsClient(node.url)
  await client.login(username, (await own.people.createToken({ name: 'ACPs' })).token)
  return client
}

/** The refusal that was given. */
export async function refusal(asked: Promise<unknown>): Promise<AcpsRefusal> {
  const given: unknown = await asked.then(
    (answer) => new Error(`nothing was refused: ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  )
  if (given instanceof AcpsRefusal) return given
  throw given
}

/** Of many asked at once. */
export async function refusals(asked: readonly Promise<unknown>[]): Promise<readonly AcpsRefusal[]> {
  return await Promise.all(asked.map(refusal))
}

/** As the registration API names it. */
export const named = (name: string, status: number) => ({ status, body: { error_name: name } })

/** As the protocol of trusted registration numbers it. */
export const numbered = (code: number, status: number) => ({
  status,
  body: { status: 'error', error: { code } },
})
