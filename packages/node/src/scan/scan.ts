import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { ScanLeaf } from '@ambit/core/leaf'
import type { Clock } from '../kernel/clock.ts'
import { timeText } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import { createLoneRequests } from '../net/lone-request.ts'
import { createReach } from '../net/reach.ts'
import { recognition } from './known.ts'
import type { Endpoint, Recognize } from './known.ts'
import { likelyPorts } from './likely-ports.ts'
import { addressesOf, loopback, loopbackRanges } from './networks.ts'
import { run } from './run.ts'
import type { Told } from './run.ts'
import type { Seen } from './seen.ts'

export type { Endpoint } from './known.ts'

export interface ScanParts {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** The activity log. */
  readonly leaves: LeafWriter
  /** Ranges of the operator's own beside loopback. */
  readonly networks: readonly string[]
  /** Whether the node may call an address, so that what stands there can be registered. */
  readonly mayCall: (address: string) => boolean
  /** A listener of this node. */
  readonly isOwn: (address: string, port: number) => boolean
  /** Where the records of all organisations answer. */
  readonly endpoints: () => Iterable<Endpoint>
  /** Addresses that a name stands for, none where it cannot be looked up. */
  readonly lookUp: (name: string) => Promise<readonly string[]>
}

export interface ScanWish {
  /** Left out: this machine's loopback addresses. */
  readonly networks?: readonly string[] | undefined
  /** Left out: where agents are likely to listen. */
  readonly ports?: readonly number[] | undefined
}

export type ScanState = 'running' | 'done' | 'cancelled' | 'out-of-time' | 'failed'

/** Something that answers, and what the node knows of it. */
export interface Finding extends Omit<Seen, 'protocol' | 'transport' | 'url'> {
  readonly protocol: 'mcp' | 'a2a' | 'ambit'
  readonly transport?: Seen['transport']
  readonly url?: string
  readonly address: string
  readonly port: number
  /** `own`: a listener of this node. `registered`: there is a record for it. */
  readonly standing: 'unregistered' | 'registered' | 'own'
  /** Of the record, where it is one of the organisation of whoever scans. */
  readonly slug?: string
  /** False: AMBIT_ALLOW_ADDRESSES would have to name it before it can be registered. */
  readonly callable: boolean
}

export interface Scan {
  readonly id: string
  /** Person. */
  readonly by: string
  readonly networks: readonly string[]
  readonly ports: readonly number[]
  readonly state: ScanState
  readonly began: string
  readonly ended?: string
  /** Ports of addresses that were tried, of how many, and how many of them are open. */
  readonly tried: number
  readonly of: number
  readonly open: number
  readonly findings: readonly Finding[]
  /** There were more than are kept. */
  readonly more: number
}

/** Looks for agents and tool servers that nobody registered, where the operator allows it. */
export interface Scans extends AsyncDisposable {
  /** The ranges that may be scanned. */
  readonly networks: readonly string[]
  /** Begins once it stands in the log. Throws `scan.network`, `scan.too-large`, `scan.running`, `input.invalid`. */
  start(caller: Caller, wish: ScanWish): Promise<Scan>
  get(id: string): Scan | undefined
  /** Newest first. */
  list(): readonly Scan[]
  /** Has no effect on one that has ended. */
  cancel(id: string): Promise<Scan | undefined>
}

/** A request to what may be anything. */
const requestLimits = { timeoutMs: 2000, bytesMax: 64 * 1024, headerBytesMax: 16 * 1024 }
const connectMsMax = 700
/** For the names of all records together. */
const lookUpMsMax = 10_000
/** The largest scan takes six minutes where every connection is answered or refused. */
const scanMsMax = 15 * 60_000
const placesMax = 100_000
const findingsMax = 1000
const keptMax = 20

interface Course {
  scan: Scan
  readonly stops: AbortController
  ended: Promise<void>
}

export function openScans(parts: ScanParts): Scans {
  const courses: Course[] = []
  const find = (id: string) => courses.find(({ scan }) => scan.id === id)
  let isStarting = false
  const isRunning = () => courses.some(({ scan }) => scan.state === 'running')
  return {
    networks: [...loopbackRanges, ...parts.networks],
    async start(caller, wish) {
      const networks = wish.networks ?? loopback
      const ports = [...new Set(wish.ports ?? likelyPorts.map(({ port }) => port))]
      const addresses = addressesOf(networks, parts.networks)
      if (addresses.length * ports.length > placesMax) {
        const detail = `${addresses.length} addresses with ${ports.length} ports each are more than ${placesMax}`
        throw new Fault('scan.too-large', { detail, where: 'ports' })
      }
      if (isStarting || isRunning())
        throw new Fault('scan.running', { detail: 'a node makes one scan at a time' })
      isStarting = true
      try {
        const id = namedId(parts.ids, 'scan')
        const began = timeText(parts.clock.now())
        const scan: Scan = {
          id,
          by: caller.person,
          networks: [...networks],
          ports,
          state: 'running',
          began,
          tried: 0,
          of: addresses.length * ports.length,
          open: 0,
          findings: [],
          more: 0,
        }
        // Before anything is sent: a scan that nobody can see afterwards is one that was not allowed.
        await write(parts, caller, scan, addresses.length)
        const course: Course = { scan, stops: new AbortController(), ended: Promise.resolve() }
        courses.push(course)
        if (courses.length > keptMax) courses.shift()
        course.ended = follow(parts, caller, course, addresses)
        return course.scan
      } finally {
        isStarting = false
      }
    },
    get: (id) => find(id)?.scan,
    list: () => courses.map(({ scan }) => scan).toReversed(),
    async cancel(id) {
      const course = find(id)
      course?.stops.abort('cancelled')
      await course?.ended
      return course?.scan
    },
    async [Symbol.asyncDispose]() {
      for (const { stops, ended } of courses) {
        stops.abort('cancelled')
        await ended
      }
    },
  }
}

/** One scan from its first connection to the entry that says how it ended. */
async function follow(
  parts: ScanParts,
  caller: Caller,
  course: Course,
  addresses: readonly string[],
): Promise<void> {
  const { clock, log } = parts
  const { signal } = course.stops
  const planned = new Set(addresses)
  const cancel = clock.after(scanMsMax, () => course.stops.abort('out-of-time'))
  let state: ScanState = 'done'
  try {
    const { ports } = course.scan
    const endMs = clock.monotonicMs() + lookUpMsMax
    // What could not be looked up in time is not recognised; nothing else depends on it.
    const lookUp = async (name: string) =>
      signal.aborted || clock.monotonicMs() > endMs ? [] : await parts.lookUp(name)
    const recognize = await recognition(parts.endpoints(), new Set(ports), lookUp)
    const send = createLoneRequests({ allows: (address) => planned.has(address) }, clock, requestLimits)
    const reach = createReach(clock, connectMsMax)
    const plan = { addresses, ports, isOwn: parts.isOwn }
    await run({ clock, send, reach }, plan, told(parts, caller, course, recognize), signal)
    if (signal.aborted) state = signal.reason === 'out-of-time' ? 'out-of-time' : 'cancelled'
  } catch (error) {
    state = 'failed'
    log.error('scan.failed', { error: String(error) })
  } finally {
    cancel()
  }
  const findings = course.scan.findings.toSorted((a, b) => a.port - b.port || compare(a.address, b.address))
  const ended = { ...course.scan, findings, state, ended: timeText(clock.now()) }
  try {
    await write(parts, caller, ended, addresses.length)
  } catch (error) {
    // What was found is told all the same; that it began stands in the log.
    log.error('scan.not-recorded', { error: String(error) })
  }
  course.scan = ended
}

function told(parts: ScanParts, caller: Caller, course: Course, recognize: Recognize): Told {
  const change = (part: Partial<Scan>) => (course.scan = { ...course.scan, ...part })
  const find = (finding: Finding) => {
    const { findings, more } = course.scan
    change(findings.length < findingsMax ? { findings: [...findings, finding] } : { more: more + 1 })
  }
  return {
    tried: () => change({ tried: course.scan.tried + 1 }),
    open: () => change({ open: course.scan.open + 1 }),
    own: (address, port) => find({ protocol: 'ambit', address, port, standing: 'own', callable: false }),
    seen(address, port, all) {
      for (const seen of all) {
        const endpoint = recognize(address, port, seen)
        find({
          ...seen,
          address,
          port,
          standing: endpoint === undefined ? 'unregistered' : 'registered',
          ...(endpoint?.organization === caller.organization ? { slug: endpoint.slug } : {}),
          callable: parts.mayCall(address),
        })
      }
    },
  }
}

/** That a scan was made, by whom, over what, and how it ended; what was found is nobody's business but the operator's. */
async function write(
  { leaves, clock }: ScanParts,
  { organization, person }: Caller,
  scan: Scan,
  addresses: number,
): Promise<void> {
  const leaf: ScanLeaf = {
    v: 1,
    kind: 'scan',
    at: timeText(clock.now()),
    scan: scan.id,
    step: scan.state === 'running' ? 'began' : scan.state,
    organization,
    person,
    networks: [...scan.networks],
    addresses,
    ports: [...scan.ports],
    ...(scan.state === 'running' ? {} : { found: scan.findings.length + scan.more }),
  }
  await leaves.write(canonicalJson(leaf))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
