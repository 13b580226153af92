import type { KeyObject } from 'node:crypto'
import { context, derMembers, readDer, tags } from '@ambit/core/der'
import { Fault } from '@ambit/core/fault'
import { BoundedMap } from '../kernel/bounded-map.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { fetchWhole } from '../net/fetch.ts'
import type { Upstream } from '../net/upstream.ts'
import { readList } from './revocation-lists.ts'
import type { ReadList } from './revocation-lists.ts'
import { oids } from './x509.ts'
import type { Extension } from './x509.ts'

/** A hundred thousand entries have 4 MiB. */
const listBytesMax = 8 * 1024 * 1024
const fetchMs = 10_000
/** Lists are fetched again so often while somebody comes who stands on them: that late a revocation elsewhere is known. */
const renewMs = 900_000
/** A list that could not be fetched is not asked for again before. */
const restMs = 30_000
/** Authorities whose lists are kept; the one unused longest goes. */
const listsMax = 100
const fetchesMax = 8

/** Which list a certificate is looked up in: where it is, and who signs it. */
export interface ListAddress {
  readonly url: string
  readonly issuerName: Uint8Array
  readonly issuerKey: KeyObject
}

interface Kept {
  readonly list: ReadList | undefined
  readonly fetchedAt: number
}

/** Revocation lists of authorities that an operator trusts: in memory, fetched beside the path. */
export interface ForeignLists {
  /**
   * `missing`: none that is in force is here; asking begins to fetch it. Throws nothing and waits for nothing.
   */
  stateOf(address: ListAddress, serial: string): 'good' | 'revoked' | 'missing'
  /** Waits for a list that is being fetched, or begins to fetch one that is missing. */
  settle(address: ListAddress): Promise<void>
  stop(): void
}

export interface ForeignListParts {
  readonly upstream: Upstream
  readonly clock: Clock
  readonly log: Log
}

export function createForeignLists({ upstream, clock, log }: ForeignListParts): ForeignLists {
  const kept = new BoundedMap<string, Kept>(listsMax)
  const fetching = new Map<string, Promise<void>>()
  const stopping = new AbortController()
  const keyOf = ({ url, issuerName }: ListAddress) => `${Buffer.from(issuerName).toString('base64')} ${url}`

  async function fetchList(address: ListAddress): Promise<void> {
    const key = keyOf(address)
    const now = clock.now()
    try {
      const { status, body } = await fetchBounded(address.url)
      if (status !== 200) throw new Fault('upstream.unreachable', { detail: `it answered ${status}` })
      const list = readList(body, address.issuerName, address.issuerKey, now)
      // Whoever stands between could show an older one that is still in force, and does not name what was revoked since.
      const before = kept.get(key)?.list
      if (before !== undefined && list.thisUpdate < before.thisUpdate)
        throw new SyntaxError('a list that is older than the one before')
      kept.set(key, { list, fetchedAt: now })
    } catch (error) {
      log.warn('ca.foreign-list-failed', { host: URL.parse(address.url)?.host ?? '', error: String(error) })
      // The one that is here stays until its own end.
      kept.set(key, { list: kept.get(key)?.list, fetchedAt: now })
    }
  }
  async function fetchBounded(url: string) {
    const late = new AbortController()
    const cancel = clock.after(fetchMs, () => late.abort())
    const headers = ['accept', 'application/pkix-crl']
    const times = { headTimeoutMs: fetchMs, idleTimeoutMs: fetchMs }
    try {
      return await fetchWhole(
        upstream,
        { url: new URL(url), method: 'GET', headers, body: null, ...times },
        listBytesMax,
        AbortSignal.any([late.signal, stopping.signal]),
      )
    } finally {
      cancel()
    }
  }
  function begin(address: ListAddress): Promise<void> {
    const key = keyOf(address)
    const under = fetching.get(key)
    if (under !== undefined) return under
    if (fetching.size >= fetchesMax) return Promise.resolve()
    const run = fetchList(address).finally(() => fetching.delete(key))
    fetching.set(key, run)
    return run
  }
  function due(entry: Kept | undefined): boolean {
    if (entry === undefined) return true
    const age = clock.now() - entry.fetchedAt
    return age >= (entry.list === undefined || entry.list.nextUpdate <= clock.now() ? restMs : renewMs)
  }
  return {
    stateOf(address, serial) {
      const entry = kept.get(keyOf(address))
      if (due(entry)) void begin(address)
      const list = entry?.list
      if (list === undefined) return 'missing'
      // What a list once named stays revoked, also when the list is old.
      if (list.serials.has(serial)) return 'revoked'
      return list.nextUpdate <= clock.now() ? 'missing' : 'good'
    },
    async settle(address) {
      const entry = kept.get(keyOf(address))
      const fresh = entry?.list !== undefined && entry.list.nextUpdate > clock.now()
      if (fresh || (!due(entry) && !fetching.has(keyOf(address)))) return
      await begin(address)
    },
    stop: () => stopping.abort(),
  }
}

/** The first http or https address in CRL distribution points; undefined where there is none. Throws a SyntaxError. */
export function listUrlOf(extensions: ReadonlyMap<string, Extension>): string | undefined {
  const points = extensions.get(oids.distributionPoints)
  if (points === undefined) return undefined
  for (const point of derMembers(readDer(points.value, tags.sequence))) {
    const [name] = derMembers(point, tags.sequence)
    if (name?.tag !== context(0)) continue
    const [full] = derMembers(name)
    if (full?.tag !== context(0)) continue
    for (const { tag, content } of derMembers(full)) {
      const text = tag === context(6, false) ? Buffer.from(content).toString('latin1') : ''
      const url = text.length > 2000 ? null : URL.parse(text)
      if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
    }
  }
  return undefined
}
