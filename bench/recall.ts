import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { Report } from './bench.ts'
import { mcpAnswer, mcpRequest } from './call/message.ts'
import { bringOnline, startRunningNode } from './running-node.ts'

const rounds = 20
/** A call that is not cancelled after this long counts as lost. */
const giveUpMs = 10_000

/**
 * From the moment a recall is sent to the moment the last call under way was cancelled for its caller and a new call
 * refused. `--gateways 1` is what one node is; `--inflight M` calls hang in an upstream that never answers.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const gateways = option(args, '--gateways', 1)
  const inflight = option(args, '--inflight', 1000)
  if (gateways !== 1) throw new Error('one node is one gateway; several come with the shared bus')
  const upstream = hangingServer()
  const port = await upstream.listen()
  await using node = await startRunningNode()
  await bringOnline(node.ambit, { url: `http://127.0.0.1:${port}/mcp` }, 'hanging')
  const mandate = await node.ambit.mandates.grant({
    purpose: 'measure a recall',
    allow: [{ target: 'hanging', capability: '*', decision: 'autonomous' }],
  })
  const { token } = await node.ambit.mandates.connect(mandate.id)
  const times: number[] = []
  let cancelled = 0
  let receipts = 0
  for (let round = 0; round < rounds; round++) {
    const calls = Array.from({ length: inflight }, (_, at) => hangingCall(node.port, token, at + 1))
    await upstream.reached(inflight)
    const start = performance.now()
    const recall = node.ambit.records.recall('hanging', { note: 'measured' })
    const ends = await Promise.all(calls)
    const { stopped, ruling } = await recall
    times.push(Math.max(...ends.filter((end) => end > 0)) - start)
    cancelled += Math.min(stopped, ends.filter((end) => end > 0).length)
    receipts += ruling.signature.value === '' ? 0 : 1
    await upstream.reached(0)
    await node.ambit.records.reinstate('hanging', 'measured')
  }
  upstream.close()
  times.sort((left, right) => left - right)
  const json = {
    gateways,
    inflight,
    rounds,
    p50Ms: times[rounds / 2]!,
    p99Ms: times[Math.floor(rounds * 0.99)]!,
    maxMs: times.at(-1)!,
    inFlightCancelled: cancelled / rounds,
    receipts,
  }
  return { table: [json], json }
}

function option(args: readonly string[], name: string, value: number): number {
  const at = args.indexOf(name)
  return at < 0 ? value : Number(args[at + 1])
}

/** An upstream that describes itself and then lets every call hang. */
function hangingServer() {
  let open = 0
  let waiting: (() => void) | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = mcpAnswer(Buffer.concat(chunks).toString())
      if (answer !== undefined) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
        return
      }
      open++
      waiting?.()
      response.on('close', () => {
        open--
        waiting?.()
      })
    })
  })
  return {
    listen: () =>
      new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
      }),
    async reached(count: number) {
      const reached = () => open === count
      while (!reached()) {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(
            () => reject(new Error(`${open} calls hang upstream, not ${count}`)),
            giveUpMs,
          )
          waiting = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
    },
    close: () => server.close(),
  }
}

/** When the answer came, in ms; -1 when none came in time. */
function hangingCall(port: number, token: string, id: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const timer = setTimeout(() => finish(-1), giveUpMs)
    function finish(at: number): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(at)
    }
    socket.on('connect', () => socket.write(mcpRequest(token, id)))
    socket.on('data', () => finish(performance.now()))
    socket.on('error', () => finish(-1))
  })
}
