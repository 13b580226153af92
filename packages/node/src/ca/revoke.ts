import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { CertificateLeaf } from '@ambit/core/leaf'
import type { Bus } from '../bus/bus.ts'
import { compromisedKey } from '../did/did.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Log } from '../kernel/log.ts'
import type { Registry } from '../registry/registry.ts'
import type { AcmeWriter } from './acme-store.ts'
import type { Certificate, RevocationReason, Revocation } from './ca.ts'
import type { CertificateReader, CertificateWriter } from './ca-store.ts'
import type { RevocationLists } from './revocation-lists.ts'
import type { Standing } from './standing.ts'
import { thumbprintOfDid } from './x509.ts'

export interface RevocationParts {
  readonly store: CertificateReader & CertificateWriter
  readonly acmeStore: AcmeWriter
  readonly standing: Standing
  readonly lists: RevocationLists
  readonly registry: Pick<Registry, 'target'>
  readonly leaves: LeafWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

export interface Revocations {
  revoke(revocation: Revocation): Promise<number>
  /** Memory here and the other replicas know of a new certificate; one whose record was stopped or given away meanwhile is revoked. */
  learnIssued(certificate: Certificate): Promise<void>
  /** Revokes what a node that ended in between left: certificates of records that are in force no more. */
  reconcile(): Promise<void>
  stop(): Promise<void>
}

const issued = 'certificate.issued'
/** Told on the bus after each revocation, `{aic, serials, reason}`: connections of these end at once. */
export const revokedCertificates = 'certificate.revoked'
const listed = 'certificate.list'
/** Rulings after which an agent may have no certificate: its record is read to see whether that is so. */
const endings = ['ruling.suspension', 'ruling.recall', 'ruling.retirement', 'ruling.takedown'] as const
const cessation: RevocationReason = 5
const affiliationChanged: RevocationReason = 3
const keyCompromise: RevocationReason = 1
/** In one leaf, and in one message of the bus. */
const serialsMax = 64

/** What takes certificates back. */
interface Ending {
  take(which: Parameters<CertificateWriter['revoke']>[0], reason: RevocationReason): Promise<number>
  /** All of a record that is not in force. */
  stopped(aic: string): Promise<void>
  /** All that an organisation had which keeps the record no more: it has the keys still. */
  handedOver(aic: string): Promise<void>
  /** All over a key that was reported, by its did:key. */
  compromised(did: string): Promise<void>
}

/** Takes certificates back, by anybody's word and by what the bus says, here and on every replica. */
export function followRevocations(parts: RevocationParts): Revocations {
  const { store, standing, lists, registry, bus, clock, log } = parts
  const ending = createEnding(parts)
  const following = follow(parts, ending)
  return {
    async revoke({ aic, serial, reason, by }) {
      if (serial !== undefined && (await store.head(serial))?.aic !== aic)
        throw new Fault('ca.not-found', {
          detail: 'the record has no certificate with that serial',
          where: 'serial',
        })
      if (reason === keyCompromise) await markKeys(store, aic, serial, clock.now())
      const taken = await ending.take({ aic, serial }, reason)
      log.info('ca.revoked', { aic, by, reason, certificates: taken })
      return taken
    },
    async learnIssued({ serial, aic, organization, notAfter }) {
      standing.apply({ serial, aic, organization, notAfter, revokedAt: undefined, reason: undefined })
      bus.publish(issued, { aic, serial })
      await ending.stopped(aic)
      if (registry.target(aic)?.organization !== organization) await ending.handedOver(aic)
    },
    async reconcile() {
      // In memory, but for what has to be taken back.
      for (const [aic, organization] of standing.agents()) {
        await ending.stopped(aic)
        if (registry.target(aic)?.organization !== organization) await ending.handedOver(aic)
      }
      await lists.catchUp(standing.lastRevokedAt)
    },
    stop: async () => await following.stop(),
  }
}

function createEnding(parts: RevocationParts): Ending {
  const { store, standing, lists, registry, bus, clock, log, leaves, acmeStore } = parts
  async function take(
    which: Parameters<CertificateWriter['revoke']>[0],
    reason: RevocationReason,
  ): Promise<number> {
    const at = Math.floor(clock.now() / 1000) * 1000
    const taken = await store.revoke(which, reason, at)
    if (taken.length === 0) return 0
    for (const { serial } of taken) standing.revoke(serial, at, reason)
    const parcels = [...Map.groupBy(taken, (one) => one.aic)].flatMap(([aic, own]) => inParcels(aic, own))
    // First of all what stops them everywhere; the list and the log are for those who look later.
    for (const { aic, serials } of parcels) bus.publish(revokedCertificates, { aic, serials, reason })
    for (const { aic, serials } of parcels)
      await leaves.write(canonicalJson(leafOf(aic, serials, reason, at)))
    try {
      await lists.renew()
    } catch (error) {
      // It is revoked: a token that does not sign now signs the list later.
      log.error('ca.list-failed', { error: String(error) })
    }
    bus.publish(listed, {})
    return taken.length
  }
  return {
    take,
    async stopped(aic) {
      const target = registry.target(aic)
      if (target?.id === aic && target.state !== 'active') await take({ aic }, cessation)
    },
    async handedOver(aic) {
      const target = registry.target(aic)
      if (target?.id !== aic) return
      await acmeStore.endOthers(aic, target.organization)
      await take({ aic, notOf: target.organization }, affiliationChanged)
    },
    async compromised(did) {
      const thumbprint = thumbprintOfDid(did)
      if (thumbprint === undefined) return
      await store.markBad(thumbprint, clock.now())
      await take({ thumbprint }, keyCompromise)
    },
  }
}

/** Listens to the bus: to what ends certificates, and to what other replicas did. */
function follow(parts: RevocationParts, ending: Ending): { stop(): Promise<void> } {
  const { bus, log } = parts
  const underWay = new Set<Promise<unknown>>()
  function beside(what: string, work: Promise<unknown>): void {
    const run = work
      .catch((error: unknown) => log.error('ca.revocation-failed', { what, error: String(error) }))
      .finally(() => underWay.delete(run))
    underWay.add(run)
  }
  const ends = [
    ...endings.map((subject) =>
      bus.subscribe(subject, ({ record }) => {
        if (typeof record === 'string') beside('ruling', ending.stopped(record))
      }),
    ),
    bus.subscribe('ruling.transfer', ({ record }) => {
      if (typeof record === 'string') beside('transfer', ending.handedOver(record))
    }),
    bus.subscribe(compromisedKey, ({ key }) => {
      if (typeof key === 'string') beside('key', ending.compromised(key))
    }),
    ...followReplicas(parts),
  ]
  return {
    async stop() {
      for (const end of ends) end()
      await Promise.all(underWay)
    },
  }
}

function followReplicas({ bus, standing, store, lists, clock }: RevocationParts): readonly (() => void)[] {
  return [
    bus.subscribe(revokedCertificates, ({ serials, reason }, _subject, from) => {
      if (from === 'here' || !Array.isArray(serials)) return
      for (const serial of serials as string[])
        standing.revoke(serial, clock.now(), (typeof reason === 'number' ? reason : 0) as RevocationReason)
    }),
    // Not with the revocation: the list that names it is made after that was told.
    bus.subscribe(listed, (_message, _subject, from) => {
      if (from === 'elsewhere') lists.forget()
    }),
    bus.subscribe(issued, ({ serial }, _subject, from) => {
      if (from === 'here' || typeof serial !== 'string') return
      // It widens: what the store says counts.
      store
        .head(serial)
        .then((head) => head && standing.apply(head))
        .catch((error: unknown) => bus.missed(error))
    }),
    bus.onGap(async () => {
      for await (const head of store.heads(clock.now())) {
        const news = head.revokedAt !== undefined && standing.revocation(head.serial) === undefined
        standing.apply(head)
        if (news)
          bus.tell(revokedCertificates, { aic: head.aic, serials: [head.serial], reason: head.reason ?? 0 })
      }
      lists.forget()
    }),
  ]
}

function inParcels(aic: string, own: readonly { readonly serial: string }[]) {
  const all = own.map(({ serial }) => serial)
  const parcels: { readonly aic: string; readonly serials: string[] }[] = []
  for (let from = 0; from < all.length; from += serialsMax)
    parcels.push({ aic, serials: all.slice(from, from + serialsMax) })
  return parcels
}

/** A key that was compromised is certified for nobody again. */
async function markKeys(
  store: CertificateReader & CertificateWriter,
  aic: string,
  serial: string | undefined,
  at: number,
): Promise<void> {
  const own = await store.certificates({ aic }, 1000)
  for (const certificate of own) {
    if (serial === undefined ? certificate.notAfter > at : certificate.serial === serial)
      await store.markBad(certificate.thumbprint, at)
  }
}

function leafOf(aic: string, serials: string[], reason: RevocationReason, at: number): CertificateLeaf {
  return { v: 1, kind: 'certificate', at: timeText(at), step: 'revoked', record: aic, serials, reason }
}
