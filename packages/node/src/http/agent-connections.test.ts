import { EventEmitter } from 'node:events'
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { Fault } from '@ambit/core/fault'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import type { Peer } from '../ca/ca.ts'
import { silentLog } from '../kernel/log.ts'
import { createMetrics } from '../kernel/metrics.ts'
import { AgentConnections } from './agent-connections.ts'

const aic = '1.2.156.3088.1.1.34C2.478BDF.3GF546.0JU4'

class FakeSocket extends EventEmitter {
  destroyed = false
  remoteAddress = '127.0.0.1'
  readonly serial: string | undefined
  readonly reused: boolean

  constructor(serial: string | undefined, reused = false) {
    super()
    this.serial = serial
    this.reused = reused
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    if (this.serial === undefined) return undefined
    const certificate = { raw: Buffer.from(this.serial), serialNumber: this.serial, validToDate: new Date(0) }
    return certificate as unknown as X509Certificate
  }

  isSessionReused(): boolean {
    return this.reused
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

/** An authority whose mind is changed by hand. */
function world() {
  const refusals = new Map<string, string>()
  const foreign = new Set<string>()
  const ended: string[] = []
  const metrics = createMetrics()
  function judge(serialNumber: string): Peer {
    const reason = refusals.get(serialNumber)
    if (reason !== undefined) throw new Fault('ca.peer', { detail: 'no', extra: { reason } })
    const organization = foreign.has(serialNumber) ? undefined : 'main'
    return { aic, organization, serial: serialNumber, thumbprint: '', key: undefined }
  }
  const connections = new AgentConnections({
    ca: {
      peer: ({ serialNumber }) => judge(serialNumber),
      meet: async ({ serialNumber }) => {
        if (refusals.get(serialNumber) === 'list-missing') refusals.delete(serialNumber)
        return judge(serialNumber)
      },
      holds: (serial) => !refusals.has(serial),
    },
    clock: handClock(),
    log: silentLog,
    metrics,
    ended: ({ peer }, reason) => ended.push(`${peer.serial} ${reason}`),
  })
  function knock(serial: string | undefined, reused = false): FakeSocket {
    const socket = new FakeSocket(serial, reused)
    void connections.admit(socket as unknown as TLSSocket)
    return socket
  }
  return { connections, refusals, foreign, ended, metrics, knock }
}

test('lets in whom the authority vouches for, and says why not of others', () => {
  const { connections, refusals, metrics, knock } = world()
  refusals.set('B', 'revoked')
  const sockets = [knock('A'), knock('B'), knock(undefined), knock('A', true)]
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, true, true])
  expect(connections.size).toBe(1)
  for (const reason of ['revoked', 'no-certificate', 'resumed'])
    expect(metrics.text()).toContain(`ambit_agent_connections_refused_total{reason="${reason}"} 1`)
})

test('waits for what has to be fetched of a foreign authority', async () => {
  const { connections, refusals, foreign, knock } = world()
  refusals.set('F', 'list-missing')
  foreign.add('F')
  const socket = knock('F')
  expect([socket.destroyed, connections.size]).toEqual([false, 0])
  await expect.poll(() => connections.size).toBe(1)
})

test('ends connections by their certificate, and no others', () => {
  const { connections, ended, knock } = world()
  const [one, two] = [knock('A'), knock('B')]
  connections.end(aic, new Set(['A']), 'revoked')
  connections.end('another', new Set(['B']), 'revoked')
  expect([one.destroyed, two.destroyed, connections.size]).toEqual([true, false, 1])
  expect(ended).toEqual(['A revoked'])
})

test('finds out at the next request, or look, that a peer no longer counts', () => {
  const { connections, refusals, ended, knock } = world()
  const [one, two] = [knock('A'), knock('B')]
  const first = connections.of(one)!
  expect(connections.holds(first)).toBe(true)
  refusals.set('A', 'expired')
  expect(connections.holds(first)).toBe(false)
  refusals.set('B', 'record')
  connections.lookAgain()
  expect([one.destroyed, two.destroyed]).toEqual([true, true])
  expect(ended).toEqual(['A expired', 'B record'])
})

test('gives one agent so many connections, and another when one closes', () => {
  const { connections, knock } = world()
  const sockets = Array.from({ length: 256 }, () => knock('A'))
  expect(knock('A').destroyed).toBe(true)
  sockets[0]!.destroy()
  expect([knock('A').destroyed, connections.size]).toEqual([false, 256])
})
