import { tmpdir } from 'node:os'
import type { Report } from './bench.ts'
import { probeSync } from './machine.ts'
import { startBed, streamsThatFit } from './streams/bed.ts'
import type { Bed } from './streams/bed.ts'
import { measureFirstByte } from './streams/first-byte.ts'
import { collectable } from './streams/garbage.ts'
import { listedTools } from './streams/message.ts'
import type { Protocol } from './streams/message.ts'
import { measureOpenStreams } from './streams/open-streams.ts'
import { measureSessions, warmUpSessions } from './streams/sessions.ts'
import { measureToolListing } from './streams/tool-listing.ts'

const protocols: readonly Protocol[] = ['mcp', 'a2a']
const streamsWanted = 10_000
const sessionsWanted = 100_000

/**
 * What streams and sessions cost: the delay of the first event, the memory of many open streams and of many dropped
 * sessions, and the time of a long list. `--streams N`, `--sessions N` for other sizes; `--only first-byte | open |
 * sessions | list` for one of the four. Each has a node of its own.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const only = text(args, '--only')
  const wants = (name: string) => only === undefined || only === name
  const rows: Row[] = []
  const json: Record<string, unknown> = {}
  if (wants('first-byte')) await firstByte(rows, json)
  if (wants('list')) await listing(rows, json)
  if (wants('open')) await openStreams(rows, json, number(args, '--streams', streamsWanted))
  if (wants('sessions')) await sessions(rows, json, number(args, '--sessions', sessionsWanted))
  return { table: rows, json: { ...json, rows } }
}

type Row = Readonly<Record<string, string | number>>

async function firstByte(rows: Row[], json: Record<string, unknown>): Promise<void> {
  await using bed = await startBed()
  const found = []
  for (const protocol of protocols) found.push(await measureFirstByte(bed, protocol))
  rows.push(...found.map((each) => row('first event', each)))
  json['firstByteAddedMs'] = Math.max(...found.map(({ addedMs }) => addedMs))
  json['syncP50Ms'] = probeSync(tmpdir()).p50Ms
  progress('the first event is measured')
}

async function listing(rows: Row[], json: Record<string, unknown>): Promise<void> {
  // By default a list this long is given as a few meta-tools: here all of it is asked for.
  await using bed = await startBed({ AMBIT_MCP_TOOLS_LISTED_MAX: String(listedTools) })
  const found = await measureToolListing(bed)
  rows.push(...found.map((each) => row('list of tools', each)))
  // The slower era, and nearly its slowest answer.
  json['listToolsMs'] = Math.max(...found.map(({ p99Ms }) => p99Ms))
  json['listedTools'] = Math.min(...found.map(({ tools }) => tools))
  progress('the list of tools is measured')
}

async function openStreams(rows: Row[], json: Record<string, unknown>, wanted: number): Promise<void> {
  const counts = streamsThatFit(wanted)
  const { streams, overStdio } = counts
  if (streams < wanted) progress(`the limit of open files lets ${streams} streams be opened, not ${wanted}`)
  if (overStdio > 0)
    progress(`the limit of open files lets ${overStdio} streams reach their server over stdio only`)
  const found = []
  for (const protocol of protocols) {
    await using bed: Bed = await startBed()
    found.push(await measureOpenStreams(bed, protocol, counts))
    progress(`${streams} open streams of ${protocol} are measured`)
  }
  rows.push(...found.map((each) => row('open streams', each)))
  json['streams'] = streams
  json['rssMb'] = Math.max(...found.map(({ rssMb }) => rssMb))
}

async function sessions(rows: Row[], json: Record<string, unknown>, wanted: number): Promise<void> {
  await using bed = await startBed(collectable, 'pipe')
  const found = await measureSessions(bed, wanted)
  rows.push(row(`sessions, after ${warmUpSessions} to warm up`, found))
  json['sessions'] = found.sessions
  json['rssDriftMb'] = found.driftMb
  progress('dropped sessions are measured')
}

function row(what: string, found: object): Row {
  const rounded = Object.entries(found as Row).map(([name, value]) => [
    name,
    typeof value === 'number' ? Number(value.toFixed(3)) : value,
  ])
  return { what, ...(Object.fromEntries(rounded) as Row) }
}

function text(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name)
  return at < 0 ? undefined : args[at + 1]
}

function number(args: readonly string[], name: string, value: number): number {
  return Number(text(args, name) ?? value)
}

function progress(line: string): void {
  console.error(line)
}
