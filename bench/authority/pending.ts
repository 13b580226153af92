import { readFileSync } from 'node:fs'
import { modernCall } from '@ambit/testkit/raw-mcp'
import { toolName } from '../call/message.ts'
import { startMeasured } from '../process.ts'
import { bringOnline, startRunningNode } from '../running-node.ts'
import type { RunningNode } from '../running-node.ts'
import { collectable, inspectorOf, openResources, settledMb } from '../streams/garbage.ts'

/** As many as one holder may have waiting. */
const perHolder = 20
/** Waiting acts before the first look: they fill what is bounded, and have the code loaded. */
const warmUpHolders = 25
const askingMax = 16

export interface PendingCost {
  readonly pendingApprovals: number
  /** What they added to the node's memory, garbage collected both times. */
  readonly rssMb: number
  readonly beforeMb: number
  readonly afterMb: number
  readonly threads: number
  readonly timers: number
  readonly askedPerS: number
}

/**
 * Acts that wait for a person, asked for by real calls to a node of its own, twenty for each agent. The agents and their
 * mandates are there before the first look. `threads` and `timers`: how many more there are afterwards.
 */
export async function measurePending(count: number): Promise<PendingCost> {
  const upstream = await startMeasured(new URL('../call/canned-upstream.ts', import.meta.url))
  await using node = await startRunningNode(collectable, 'pipe')
  const inspector = await inspectorOf(node.child)
  await bringOnline(node.ambit, { url: `http://127.0.0.1:${upstream.port}/mcp` }, 'canned')
  const holders = Math.ceil(count / perHolder)
  const tokens = await inTurns(warmUpHolders + holders, async () => await agentToken(node))
  await inTurns(warmUpHolders * perHolder, async (at) => await ask(node, tokens, at))
  const before = await look(node, inspector)
  const start = performance.now()
  await inTurns(count, async (at) => await ask(node, tokens, warmUpHolders * perHolder + at))
  const seconds = (performance.now() - start) / 1000
  const after = await look(node, inspector)
  await upstream.stop()
  return {
    pendingApprovals: count,
    rssMb: after.rssMb - before.rssMb,
    beforeMb: before.rssMb,
    afterMb: after.rssMb,
    threads: after.threads - before.threads,
    timers: after.timers - before.timers,
    askedPerS: count / seconds,
  }
}

async function agentToken({ ambit }: RunningNode): Promise<string> {
  const mandate = await ambit.mandates.grant({
    purpose: 'measure what waits',
    allow: [{ target: 'canned', capability: '*', decision: 'ask' }],
  })
  return (await ambit.mandates.connect(mandate.id)).token
}

async function ask(node: RunningNode, tokens: readonly string[], at: number): Promise<void> {
  const token = tokens[Math.floor(at / perHolder)]!
  const args = { city: `City ${at}`, unit: 'C', days: 1 + (at % 9), note: 'as usual '.repeat(20) }
  const response = await fetch(`${node.url}/mcp`, {
    method: 'POST',
    ...modernCall({ token, name: toolName, args, capabilities: { elicitation: { url: {} } } }),
  })
  const text = await response.text()
  if (!text.includes('input_required')) throw new Error(`nobody was asked: ${text.slice(0, 500)}`)
}

async function look(
  node: RunningNode,
  inspector: string,
): Promise<{ rssMb: number; threads: number; timers: number }> {
  const rssMb = await settledMb(inspector, () => node.usage())
  const status = readFileSync(`/proc/${node.child.pid}/status`, 'utf8')
  const threads = Number(/^Threads:\s+(\d+)/m.exec(status)?.[1])
  const timers = (await openResources(inspector)).filter((kind) => kind === 'Timeout').length
  return { rssMb, threads, timers }
}

/** So many, some at a time. */
async function inTurns<T>(count: number, one: (at: number) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  let next = 0
  const run = async () => {
    for (let at = next++; at < count; at = next++) all[at] = await one(at)
  }
  await Promise.all(Array.from({ length: askingMax }, run))
  return all
}
