import {
  context,
  der,
  derInteger,
  derMembers,
  derMs,
  derSequence,
  derTime,
  readDer,
  tags,
} from '@ambit/core/der'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { CertificateReader, CertificateWriter, RevocationList } from './ca-store.ts'
import { algorithmOf, authorityKey, extension, signedWith } from './make.ts'
import type { Issuer } from './make.ts'
import { oids, readExtensions, readSigned, serialText, signatureHolds } from './x509.ts'
import type { KeyObject } from 'node:crypto'

/** As the reference authority: a list holds for a day. */
const lifeMs = 86_400_000
/** A new one well before that, so that whoever fetches always gets one with most of its time left. */
const renewBeforeMs = lifeMs / 2
const hourMs = 3_600_000
/** The last list of each hour stays readable for so long; those before it in the hour go: each holds all that is revoked. */
const keptMs = 60 * lifeMs
/** Replicas that make a list at the same time: each number is one replica's. */
const triesMax = 20
const lookEveryMs = 600_000

export interface RevocationLists {
  /** The newest that this replica knows; it is made first where there is none. */
  current(): Promise<RevocationList>
  /** Makes the next one; calls that come meanwhile share the one after. */
  renew(): Promise<void>
  /** Makes the next one unless the newest is of after that time: a node that ended had no time left to make it. */
  catchUp(at: number | undefined): Promise<void>
  /** The list in force is read from the store again: another replica made one. */
  forget(): void
  of(from: number, until: number): Promise<RevocationList | undefined>
  stop(): void
}

export interface ListParts {
  readonly store: CertificateReader & CertificateWriter
  readonly issuer: Issuer
  readonly clock: Clock
  readonly log: Log
}

/** Lists of what was revoked (CRL, RFC 5280 section 5), signed anew on each revocation and twice a day. */
export function openRevocationLists(parts: ListParts): RevocationLists {
  const { store, clock, log } = parts
  let known: RevocationList | undefined
  let making: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  let cancel = () => {}
  /** One that was to be made could not be: whoever asks next tries again. */
  let owed = false

  async function make(): Promise<void> {
    for (let tries = 0; tries < triesMax; tries++) {
      const number = ((await store.list())?.number ?? 0) + 1
      const list = await signedList(parts, number)
      if (!(await store.keepList(list))) continue
      known = list
      const { thisUpdate } = list
      await store.dropLists(number, thisUpdate - (thisUpdate % hourMs), thisUpdate - keptMs)
      return
    }
    throw new Error(`no revocation list could be kept in ${triesMax} tries`)
  }
  async function renew(): Promise<void> {
    // The one that runs may have read the store before the revocation; the next one surely has not.
    waiting ??= afterThat(making)
    await waiting
  }
  async function afterThat(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined)
    waiting = undefined
    making = make()
    try {
      await making
      owed = false
    } catch (error) {
      owed = true
      throw error
    }
  }
  async function current(): Promise<RevocationList> {
    if (owed) await renew()
    known ??= await store.list()
    if (known === undefined || known.nextUpdate - clock.now() < renewBeforeMs) {
      // Another replica may have made one.
      known = await store.list()
      if (known === undefined || known.nextUpdate - clock.now() < renewBeforeMs) await renew()
    }
    return known!
  }
  function look(): void {
    cancel = clock.after(lookEveryMs, () => {
      current()
        .catch((error: unknown) => log.error('ca.list-failed', { error: String(error) }))
        .finally(look)
    })
  }
  look()
  return {
    current,
    renew,
    async catchUp(at) {
      const newest = at === undefined ? undefined : await store.list()
      if (at !== undefined && (newest === undefined || newest.thisUpdate <= at)) await renew()
    },
    forget: () => void (known = undefined),
    of: async (from, until) => await store.listOf(from, until),
    stop: () => cancel(),
  }
}

async function signedList({ store, issuer, clock }: ListParts, number: number): Promise<RevocationList> {
  const thisUpdate = Math.floor(clock.now() / 1000) * 1000
  const nextUpdate = thisUpdate + lifeMs
  const entries: Uint8Array[] = []
  for await (const { serial, revokedAt, reason } of store.heads(clock.now())) {
    if (revokedAt === undefined) continue
    const why = extension(oids.reason, der(tags.enumerated, Uint8Array.of(reason ?? 0)))
    entries.push(
      derSequence(
        derInteger(Buffer.from(serial, 'hex')),
        derTime(revokedAt),
        // «Unspecified» is said by leaving it out (RFC 5280, section 5.3.1).
        ...((reason ?? 0) === 0 ? [] : [derSequence(why)]),
      ),
    )
  }
  const body = derSequence(
    derInteger(1),
    algorithmOf(issuer.signer),
    issuer.name,
    derTime(thisUpdate),
    derTime(nextUpdate),
    ...(entries.length === 0 ? [] : [derSequence(...entries)]),
    der(context(0), derSequence(authorityKey(issuer.signer), extension(oids.listNumber, derInteger(number)))),
  )
  const bytes = await signedWith(body, issuer.signer)
  return { number, thisUpdate, nextUpdate, entries: entries.length, der: bytes }
}

/** A list of another authority. */
export interface ReadList {
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly serials: ReadonlySet<string>
}

/** Critical marks that a reader must understand; lists of parts, of differences and of others are none we take. */
const known = new Set<string>([oids.authorityKey, oids.listNumber])

/** Reads the list of an issuer by its name and key, in force at that time. Throws a SyntaxError that says what does not hold. */
export function readList(bytes: Uint8Array, issuerName: Uint8Array, key: KeyObject, now: number): ReadList {
  const signed = readSigned(bytes)
  const members = [...derMembers(signed.body, tags.sequence)]
  if (members[0]?.tag !== tags.integer) throw new SyntaxError('a list of version 1')
  const [, , issuer, from, until, ...rest] = members
  if (issuer === undefined || !Buffer.from(issuer.whole).equals(issuerName))
    throw new SyntaxError('the list of another authority')
  if (!signatureHolds(signed, key)) throw new SyntaxError('a list whose signature does not hold')
  if (from === undefined || until === undefined) throw new SyntaxError('a list without times')
  const [thisUpdate, nextUpdate] = [derMs(from), derMs(until)]
  if (thisUpdate > now + 300_000 || nextUpdate <= now) throw new SyntaxError('a list that is not in force')
  const extensions = rest.find(({ tag }) => tag === context(0))
  if (extensions !== undefined) {
    for (const { oid, critical } of readExtensions(readDer(extensions.content)).values())
      if (critical && !known.has(oid)) throw new SyntaxError('a list of a kind that is not read here')
  }
  const list = rest.find(({ tag }) => tag === tags.sequence)
  const serials = new Set<string>()
  for (const entry of list === undefined ? [] : derMembers(list)) {
    const [serial] = derMembers(entry, tags.sequence)
    if (serial?.tag !== tags.integer) throw new SyntaxError('a list with an entry of no form')
    serials.add(serialText(serial.content))
  }
  return { thisUpdate, nextUpdate, serials }
}
