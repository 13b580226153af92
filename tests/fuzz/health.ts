import { readFileSync } from 'node:fs'
import { modernCall } from '@ambit/testkit/raw-mcp'
import { send } from '@ambit/testkit/raw-http'
import type { FuzzBed, Protocol } from './bed.ts'

/** A node whose event loop stands still answers nobody in this time. */
const healthTimeoutMs = 10_000

/** Asks what an orchestrator asks, and makes one honest call. Gives why the node is not well. */
export async function checkHealth(protocol: Protocol, bed: FuzzBed): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`the node did not answer within ${healthTimeoutMs} ms`), healthTimeoutMs)
  })
  try {
    return await Promise.race([ask(protocol, bed), late])
  } catch (error) {
    return bed.exit ?? `the node did not answer: ${String(error)}`
  } finally {
    clearTimeout(timer)
  }
}

async function ask(protocol: Protocol, bed: FuzzBed): Promise<string | undefined> {
  const live = await send(bed.node.metricsPort, { path: '/health/ready' })
  if (live.status !== 200) return `the node says it is not ready: ${live.text}`
  const word = 'an-honest-word'
  const honest = async () => await (protocol === 'mcp' ? honestTool(bed, word) : honestMessage(bed, word))
  let answer = await honest()
  // The upstream may drop a connection at that very moment; what changes something is not sent twice by the node.
  if (answer.text.includes('upstream.unreachable')) answer = await honest()
  return answer.status === 200 && answer.text.includes('"result"')
    ? undefined
    : `an honest call got ${answer.status}: ${answer.text.slice(0, 300)}`
}

async function honestTool({ node, holders }: FuzzBed, text: string) {
  const call = modernCall({ token: holders.ann.token, name: 'true_modern', args: { text } })
  return await send(node.port, { method: 'POST', path: '/mcp', ...call })
}

async function honestMessage({ node, holders }: FuzzBed, text: string) {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text }] }
  return await send(node.port, {
    method: 'POST',
    path: '/a2a/true-rpc',
    headers: {
      authorization: `Bearer ${holders.ann.token}`,
      'content-type': 'application/json',
      'a2a-version': '1.0',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
  })
}

/** 0 where the system does not say. */
export function rssMbOf(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1024 / 1024
  } catch {
    // The process is gone, which others notice, or this is no Linux.
    return 0
  }
}
