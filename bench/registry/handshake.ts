import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { certificateRequest } from '@ambit/sdk/certificate-request'
import { startA2aAgent } from '@ambit/testkit/a2a-agent'
import { bringOnline, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { median } from '../machine.ts'

const slug = 'handshaking'
const warmUps = 100
/** A certificate that is not refused after this long counts as lost. */
const giveUpMs = 10_000
const pollMs = 2

export interface HandshakeFigures {
  /** Full handshake with one answer, at the node against a bare listener of the same runtime; medians. */
  readonly handshakeRatio: number
  readonly handshakeMs: number
  readonly bareHandshakeMs: number
  /** From the sending of a revocation until its open connection is closed and a new one refused; the slowest round. */
  readonly revokedRefusedMs: number
}

/**
 * What looking at certificate, revocation and record costs a full handshake over mutual TLS 1.3: connections to the node
 * and to a listener that looks at the chain alone, one after the other in turn, each with one request answered by 404.
 * Node, listener and client are one process, so that all handshakes find the machine alike.
 */
export async function measureHandshakes(args: readonly string[] = []): Promise<HandshakeFigures> {
  const [rounds, revocations] = args.includes('--short') ? [200, 5] : [1000, 20]
  const agent = await startA2aAgent()
  try {
    await using node = await startTestNode({ env: { AMBIT_AGENTS_PORT: '0' } })
    await bringOnline(node.ambit, { url: agent.url }, slug)
    const roots = (await node.ambit.certificates.list()).trustBundle
    const shown = { ...(await certified(node, 'clientAuth')), ca: roots }
    const bare = await startBare({ ...(await certified(node, 'serverAuth')), ca: roots })
    const times = { node: [] as number[], bare: [] as number[] }
    for (let round = -warmUps; round < rounds; round++) {
      const ours = await handshake(node.agentsPort, shown)
      const theirs = await handshake(bare.port, shown)
      if (round < 0) continue
      times.node.push(ours)
      times.bare.push(theirs)
    }
    bare.close()
    const [handshakeMs, bareHandshakeMs] = [median(times.node), median(times.bare)]
    const refusals: number[] = []
    for (let round = 0; round < revocations; round++) refusals.push(await revoked(node, roots))
    return {
      handshakeRatio: hundredths(handshakeMs / bareHandshakeMs),
      handshakeMs: hundredths(handshakeMs),
      bareHandshakeMs: hundredths(bareHandshakeMs),
      revokedRefusedMs: hundredths(Math.max(...refusals)),
    }
  } finally {
    await agent.close()
  }
}

interface Certified {
  readonly key: string
  readonly cert: string
  readonly serial: string
}

async function certified({ ambit }: TestNode, usage: 'clientAuth' | 'serverAuth'): Promise<Certified> {
  const { record } = await ambit.records.get(slug)
  const { request, privateKey } = await certificateRequest(record.id)
  const { chain, certificate } = await ambit.certificates.issue(slug, { usage, csr: request })
  return { key: privateKey, cert: chain, serial: certificate.serial }
}

/** Mutual TLS as the runtime does it: the chain is verified, nothing else is looked at. */
async function startBare(identity: { readonly key: string; readonly cert: string; readonly ca: string }) {
  const options = { ...identity, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true } as const
  const server = createServer(options, (_request, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

/** One connection with one answer, in ms. Rejects where it is refused. */
async function handshake(port: number, options: ConnectionOptions): Promise<number> {
  const start = performance.now()
  return await new Promise((resolve, reject) => {
    const socket = open(port, options)
    socket.once('data', () => {
      const tookMs = performance.now() - start
      socket.destroy()
      resolve(tookMs)
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was refused')))
  })
}

function open(port: number, options: ConnectionOptions) {
  // Names are checked elsewhere: what is compared is the handshake.
  const checkServerIdentity = () => undefined
  const socket = connect({ host: '127.0.0.1', port, ...options, checkServerIdentity })
  socket.once('secureConnect', () => socket.write('GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n'))
  return socket
}

/** How long a certificate still opened something after its revocation was sent. */
async function revoked(node: TestNode, roots: string): Promise<number> {
  const { serial, ...identity } = await certified(node, 'clientAuth')
  const shown = { ...identity, ca: roots }
  const idle = open(node.agentsPort, shown)
  await new Promise((resolve, reject) => idle.once('data', resolve).once('error', reject))
  const start = performance.now()
  const closed = new Promise<number>((resolve) => {
    idle.once('close', () => resolve(performance.now() - start))
  })
  const sent = node.ambit.certificates.revoke(slug, { serial, reason: 1 })
  const [closedMs, refusedMs] = await Promise.all([closed, refusedAfter(node.agentsPort, shown, start), sent])
  return Math.max(closedMs, refusedMs)
}

async function refusedAfter(port: number, shown: ConnectionOptions, start: number): Promise<number> {
  for (;;) {
    const tried = await handshake(port, shown).catch(() => undefined)
    const tookMs = performance.now() - start
    if (tried === undefined) return tookMs
    if (tookMs > giveUpMs) throw new Error(`a revoked certificate counts after ${giveUpMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
