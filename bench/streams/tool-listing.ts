import { addTarget } from './bed.ts'
import type { Bed } from './bed.ts'
import { Connection } from './connection.ts'
import {
  initializeRequest,
  legacyListRequest,
  legacyVersion,
  modernListRequest,
  modernVersion,
} from './message.ts'

const warmUpLists = 100
const measuredLists = 300

export interface ToolListing {
  readonly version: string
  /** Tools in the answer. */
  readonly tools: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The list of a server with many tools, whole, in both eras. */
export async function measureToolListing(bed: Bed): Promise<readonly ToolListing[]> {
  const asked = await addTarget(bed, 'many')
  const connection = await Connection.open(bed.node.port)
  const { head } = await connection.ask(initializeRequest(asked))
  const session = /^mcp-session-id: *(\S+)/im.exec(head)?.[1] ?? ''
  const listings = [
    await measure(connection, modernVersion, modernListRequest(asked)),
    await measure(connection, legacyVersion, legacyListRequest(asked, session)),
  ]
  connection.close()
  return listings
}

async function measure(connection: Connection, version: string, request: string): Promise<ToolListing> {
  const times: number[] = []
  let tools = 0
  for (let turn = -warmUpLists; turn < measuredLists; turn++) {
    const { body, ms } = await connection.ask(request)
    if (turn >= 0) times.push(ms)
    const { result } = JSON.parse(body) as { result?: { tools: unknown[] } }
    if (result === undefined) throw new Error(`no list: ${body.slice(0, 300)}`)
    tools = result.tools.length
  }
  times.sort((left, right) => left - right)
  return { version, tools, p50Ms: times[measuredLists / 2]!, p99Ms: times[Math.floor(measuredLists * 0.99)]! }
}
