import { addTarget } from './bed.ts'
import type { Bed } from './bed.ts'
import { Connection } from './connection.ts'
import { inspectorOf, settledMb } from './garbage.ts'
import { initializeRequest, listenRequest } from './message.ts'
import type { Asked } from './message.ts'

const connectionCount = 32
/** So many sessions, before the first look, fill what is bounded: the handles kept, the pools, the code. */
export const warmUpSessions = 20_000
/** One session of so many also opens its stream of changes, which is cut off. */
const listeningEvery = 20
export interface Sessions {
  readonly sessions: number
  readonly perS: number
  readonly beforeMb: number
  readonly uncollectedMb: number
  readonly afterMb: number
  readonly driftMb: number
}

/**
 * Opens sessions of MCP 2025-11-25 and drops them: nobody says DELETE. What the node then uses more than before, garbage
 * collected both times: what an idle process keeps of it otherwise is the runtime's choice and no session's.
 */
export async function measureSessions(bed: Bed, count: number): Promise<Sessions> {
  const inspector = await inspectorOf(bed.node.child)
  const asked = await addTarget(bed, 'mcp')
  await openAndDrop(bed, asked, warmUpSessions)
  const beforeMb = await settledMb(inspector, () => bed.node.usage())
  const start = performance.now()
  await openAndDrop(bed, asked, count)
  const perS = count / ((performance.now() - start) / 1000)
  const uncollectedMb = bed.node.usage().rssMb
  const afterMb = await settledMb(inspector, () => bed.node.usage())
  return { sessions: count, perS, beforeMb, uncollectedMb, afterMb, driftMb: afterMb - beforeMb }
}

async function openAndDrop(bed: Bed, asked: Asked, count: number): Promise<void> {
  const request = initializeRequest(asked)
  let next = 0
  const run = async (_: unknown, at: number) => {
    const from = `127.0.0.${1 + at}`
    const connection = await Connection.open(bed.node.port, from)
    for (let turn = next++; turn < count; turn = next++) {
      const { head } = await connection.ask(request)
      const session = /^mcp-session-id: *(\S+)/im.exec(head)?.[1]
      if (session === undefined) throw new Error(`no session was opened: ${head.split('\r\n')[0]}`)
      if (turn % listeningEvery === 0) await listenAndDrop(bed, asked, session, from)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connectionCount }, run))
}

async function listenAndDrop(bed: Bed, asked: Asked, session: string, from: string): Promise<void> {
  const connection = await Connection.open(bed.node.port, from)
  const head = await connection.head(listenRequest(asked, session))
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`no stream was opened: ${head.split('\r\n')[0]}`)
  connection.close()
}
