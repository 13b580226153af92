import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { deriveAddress, readPrefix } from '@ambit/core/id/address'
import { certificateRequest } from '@ambit/sdk/certificate-request'
import { signedFetch } from '@ambit/sdk/agent-fetch'
import type { Ambit } from '@ambit/sdk/client'
import { startA2aAgent } from './a2a-agent.ts'
import { a2aClient, answerText, textRequest } from './a2a-client.ts'
import { certifiedClient } from './agent-client.ts'
import { connectMcpClient } from './mcp-clients.ts'
import { startMcpServer } from './mcp-server.ts'
import { ProofKey } from './proof.ts'
import { spawnNode } from './spawn-node.ts'
import { allow, bringOnline, signInOwner } from './start-node.ts'

/*
 * `node ipv6-only-main.ts <prefix>`, in a network namespace without IPv4 whose loopback takes the prefix: starts a node,
 * a server and an agent at ::1, calls them at their own addresses, and prints what it saw as one JSON object.
 */

const prefixText = process.argv[2] ?? ''
const reading = readPrefix(prefixText)
if (!reading.ok) throw new Error(`${prefixText} ${reading.why}`)
const { prefix } = reading

const host = '::1'
const servers = await Promise.all([
  startMcpServer({ host }),
  startMcpServer({ host }),
  startA2aAgent({ host }),
])
const [desk, other, agent] = servers
const node = await spawnNode({
  env: {
    AMBIT_PORT: '7100',
    AMBIT_AGENTS_PORT: '7101',
    AMBIT_GRPC_PORT: '7102',
    AMBIT_METRICS_PORT: '7103',
    AMBIT_IPV6_PREFIX: prefixText,
    AMBIT_ALLOW_ADDRESSES: '::1',
  },
})
const { ambit } = node
const key = new ProofKey()

try {
  await bringOnline(ambit, { url: desk.url }, 'desk')
  // By a name, which leads to ::1 alone here.
  await bringOnline(ambit, { url: other.url.replace('[::1]', 'localhost') }, 'other')
  const proofs = [await ambit.agentKeys.prove('echo', key.signer)]
  const keeps = { keys: [key.signer.key], proofs }
  await ambit.records.register({
    url: agent.cardUrl,
    slug: 'echo',
    responsible: { name: 'Operations' },
    ...keeps,
  })
  for (const step of ['accept', 'submit', 'activate'] as const) await ambit.records[step]('echo')
  process.stdout.write(`${JSON.stringify(await seen(ambit))}\n`)
} finally {
  await node[Symbol.asyncDispose]()
  await Promise.all(servers.map(async (server) => await server.close()))
}

async function seen(owner: Ambit) {
  const listed = await owner.addresses.list()
  const at = Object.fromEntries(listed.addresses.map(({ slug, address }) => [slug, address]))
  const derived = await Promise.all(
    listed.addresses.map(
      async ({ record, address }) => (await deriveAddress(prefix, record)).address === address,
    ),
  )
  const everything = ['desk', 'other', 'echo'].map((target) => ({
    target,
    capability: '*',
    decision: 'autonomous' as const,
  }))
  const { token } = await allow(owner, everything)
  const ways = {
    ipv4: Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ family }) => family === 'IPv4').length,
    console: await asked('::1', 7100, '/', 'GET'),
    metrics: await asked('::1', 7103, '/metrics', 'GET'),
    listed,
    derived,
    shown: (await owner.records.get('desk')).address,
    zone: await owner.addresses.zone({ origin: 'agents.example', ns: ['ns1.example.net'] }),
    mcp: await mcpAt(at['desk']!, token),
    a2a: await a2aAt(at['echo']!, token),
    grpc: answerText(
      await (
        await a2aClient(`http://[::1]:7100/a2a/echo`, 'GRPC', token)
      ).sendMessage(textRequest('by grpc')),
    ),
    certified: await certifiedAt(owner, at['desk']!),
    refused: await refusedAt(at, token),
    neighbours: await neighboursAt(owner, at['desk']!, token),
  }
  return { ...ways, over: await endedAt(owner, at, token) }
}

/** With what an official client is shown and answered at the server's own address. */
async function mcpAt(address: string, token: string) {
  const client = await connectMcpClient(`http://[${address}]:7100/mcp`, { token })
  const modern = await connectMcpClient(`http://[${address}]:7100/mcp`, { token, kind: 'modern' })
  const tools = (await client.tools()).map(({ name }) => name)
  const echoed = await client.call('echo', { text: 'over six' })
  const again = await modern.call('echo', { text: 'once more' })
  await client.close()
  await modern.close()
  return {
    tools,
    echoed: JSON.stringify(echoed),
    again: JSON.stringify(again),
    calls: desk.calls.length,
    elsewhere: other.calls.length,
  }
}

async function a2aAt(address: string, token: string) {
  const url = `http://[${address}]:7100`
  const card = (await (await fetch(`${url}/.well-known/agent-card.json`)).json()) as {
    supportedInterfaces: { url: string }[]
  }
  const answers: string[] = []
  for (const binding of ['JSONRPC', 'HTTP+JSON'] as const) {
    const client = await a2aClient(url, binding, token)
    answers.push(answerText(await client.sendMessage(textRequest(`by ${binding}`))))
  }
  const acs = await fetch(`${url}/.well-known/acs.json`)
  const did = await fetch(`${url}/.well-known/did.json`)
  return {
    urls: [...new Set(card.supportedInterfaces.map((each) => each.url))],
    answers,
    acs: [acs.status, ((await acs.json()) as { aic?: string }).aic],
    did: did.status,
    calls: agent.calls.length,
  }
}

/** By certificate, at the server's own address on the port of agents. */
async function certifiedAt(owner: Ambit, address: string) {
  const { record } = await owner.records.get('echo')
  const { request: csr, privateKey } = await certificateRequest(record.id)
  const { chain } = await owner.certificates.issue('echo', { usage: 'clientAuth', csr })
  await owner.mandates.grant({
    purpose: 'a test',
    allow: [{ target: 'desk', capability: '*', decision: 'autonomous' }],
    agent: 'echo',
  })
  const { trustBundle } = await owner.certificates.list()
  const unnamed = certifiedClient(trustBundle, { privateKey, chain })
  const name = { checkServerIdentity: () => undefined }
  const trusting = certifiedClient(trustBundle, { privateKey, chain }, name)
  const url = `https://[${address}]:7101/mcp`
  const client = await connectMcpClient(url, { fetch: trusting.fetch })
  const tools = (await client.tools()).length
  await client.close()
  const before = await codeOf(unnamed.fetch(url))
  await nameInCertificate(owner, 'desk', address)
  const after = await codeOf(unnamed.fetch(url))
  const stock = await connectMcpClient(url, { fetch: unnamed.fetch })
  const named = (await stock.tools()).length
  await stock.close()
  const { console, others } = {
    console: await codeOf(unnamed.fetch(`https://[${address}]:7101/`)),
    others: await codeOf(unnamed.fetch(`https://[${address}]:7101/mcp/other`)),
  }
  unnamed.close()
  trusting.close()
  // The same agent by its signature, which holds for this address.
  const signed = await connectMcpClient(`http://[${address}]:7100/mcp`, { fetch: signedFetch(key.signer) })
  const bySignature = (await signed.tools()).length
  await signed.close()
  return {
    bySignature,
    tools,
    before,
    after,
    named,
    console,
    others,
  }
}

/** A new version of the record asks that certificates name the address. */
async function nameInCertificate(owner: Ambit, slug: string, address: string): Promise<void> {
  const {
    id: _id,
    organization: _organization,
    keys: _keys,
    ...rest
  } = (await owner.records.get(slug)).record
  await owner.records.apply({ ...rest, version: '9.0.0', certificate: { ip: [address] } })
  await owner.records.submit(slug)
  await owner.records.activate(slug)
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  try {
    return `status ${(await answer).status}`
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

/** What an agent's own address does not do. */
async function refusedAt(at: Readonly<Record<string, string>>, token: string) {
  const [deskAt, echoAt] = [at['desk']!, at['echo']!]
  const bearer = { authorization: `Bearer ${token}` }
  const prefixStart = prefixText.slice(0, prefixText.indexOf('/'))
  return {
    console: await asked(deskAt, 7100, '/', 'GET'),
    api: await asked(deskAt, 7100, '/api/records', 'GET', bearer),
    log: await asked(deskAt, 7100, '/log/registry/', 'GET'),
    all: await asked(deskAt, 7100, '/mcp/other', 'POST', bearer),
    cardOfServer: await asked(deskAt, 7100, '/.well-known/agent-card.json', 'GET'),
    mcpOfAgent: await asked(echoAt, 7100, '/mcp', 'POST', bearer),
    byName: await asked(deskAt, 7100, '/mcp', 'POST', { ...bearer, host: 'localhost:7100' }),
    byOther: await asked(deskAt, 7100, '/mcp', 'POST', { ...bearer, host: `[${echoAt}]:7100` }),
    byPage: await asked(deskAt, 7100, '/mcp', 'POST', { ...bearer, origin: 'http://localhost:7100' }),
    unknown: await asked(deskAt, 7100, '/mcp', 'POST', { host: `[${deskAt}]:7100` }),
    // Another address of the machine: the node listens at `::`, and is not there all the same.
    elsewhere: await asked('fd00:e15e::1', 7100, '/', 'GET'),
    elsewhereByCertificate: await asked('fd00:e15e::1', 7101, '/', 'GET'),
    nobody: await asked(`${prefixStart}5:1`, 7100, '/', 'GET'),
  }
}

/** Another organisation has a server of the same name: each is reached at its own address by its own people alone. */
async function neighboursAt(owner: Ambit, deskAt: string, token: string) {
  const added = await owner.organizations.add({ id: 'north', name: 'North Bank', owner: 'Ada' })
  const north = (await signInOwner(node.url, added.signInLink)).ambit
  const responsible = { name: 'Operations' }
  await north.records.register({ url: other.url, slug: 'desk', responsible, confirmName: true })
  for (const step of ['accept', 'submit', 'activate'] as const) await north.records[step]('desk')
  const { addresses } = await north.addresses.list()
  const northAt = addresses[0]!.address
  const access = await allow(north, [{ target: 'desk', capability: '*', decision: 'autonomous' }])
  const before = { desk: desk.calls.length, other: other.calls.length }
  const client = await connectMcpClient(`http://[${northAt}]:7100/mcp`, { token: access.token })
  await client.call('echo', { text: 'in the north' })
  await client.close()
  return {
    listed: addresses.map(({ slug }) => slug),
    reached: [desk.calls.length - before.desk, other.calls.length - before.other],
    ours: await asked(northAt, 7100, '/mcp', 'POST', { authorization: `Bearer ${token}` }),
    theirs: await asked(deskAt, 7100, '/mcp', 'POST', { authorization: `Bearer ${access.token}` }),
  }
}

/** A suspended one is refused with its reason, a retired one is gone, and so is one that was taken down. */
async function endedAt(owner: Ambit, at: Readonly<Record<string, string>>, token: string) {
  const calls = desk.calls.length
  const client = await connectMcpClient(`http://[${at['desk']!}]:7100/mcp`, { token })
  await owner.records.suspend('desk', 'a test')
  const refused = await client.call('echo', { text: 'too late' }).then(
    (answer) => JSON.stringify(answer),
    (error: unknown) => String(error),
  )
  const suspended = {
    refused,
    calls: desk.calls.length - calls,
    acs: await asked(at['desk']!, 7100, '/.well-known/acs.json', 'GET'),
  }
  await client.close().catch(() => undefined)
  await owner.records.retire('other', 'a test')
  const retired = await asked(at['other']!, 7100, '/mcp', 'POST')
  await bringOnline(owner, { url: other.url }, 'successor')
  const { addresses } = await owner.addresses.list()
  const successor = addresses.find(({ slug }) => slug === 'successor')?.address
  await owner.takedowns.takeDown({ record: 'echo', reason: 'a test' })
  return {
    suspended,
    retired,
    isAnother: successor !== undefined && successor !== at['other'],
    takenDown: await asked(at['echo']!, 7100, '/.well-known/agent-card.json', 'GET'),
    decommissioned: await owner.records.decommission('successor'),
    afterwards: await asked(successor ?? '', 7100, '/.well-known/acs.json', 'GET'),
  }
}

/** The status of one request, by its own Host unless another is given; 0 where the connection was closed. */
async function asked(
  address: string,
  port: number,
  path: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return await new Promise((resolve, reject) => {
    const sent = request({ host: address, port, path, method, headers: { ...headers } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.once('error', (error) => {
      if ('code' in error && error.code === 'ECONNRESET') resolve(0)
      else reject(error)
    })
    sent.end()
  })
}
