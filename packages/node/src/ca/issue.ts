import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import type { CertificateLeaf } from '@ambit/core/leaf'
import { pem } from '@ambit/core/pem'
import type { AgentRecord } from '@ambit/core/record'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestBytes } from '../kernel/digest.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Registry } from '../registry/registry.ts'
import type { Authority } from './authority.ts'
import { skewMs } from './authority.ts'
import type { Certificate, IssueRequest } from './ca.ts'
import type { CertificateReader, CertificateWriter, KeepRefusal } from './ca-store.ts'
import { hostsOf } from './host.ts'
import { alternativeNames, certify, endConstraints, nameOf, newSerial, stateAddresses } from './make.ts'
import { readRequest, refuseOtherNames } from './request.ts'
import { didOf, oids, thumbprintOf } from './x509.ts'

const dayMs = 86_400_000
/** ACPs ATR, section 3.2: 49 days, or what the record asks for, at most five years. */
const validityDays = 49
const validityDaysMax = 1825
/** Certificates of one record that hold at once: two purposes, some replicas of the agent, and room to renew. */
const liveMax = 50
/** RFC 5280, appendix A.1. */
const attributeCharactersMax = 64

export interface IssueParts {
  readonly store: CertificateReader & CertificateWriter
  readonly authority: Authority
  readonly registry: Pick<Registry, 'target' | 'read'>
  /** The registry log. */
  readonly leaves: LeafWriter
  /** Whose active key a did:key is, where that is known: nobody else is certified for it. */
  readonly keyHolder: (did: string) => string | undefined
  /** Whether a key is that of an account of ACME: it is for orders alone. */
  readonly isAccountKey: (thumbprint: string) => Promise<boolean>
  /** Whether a host (small letters) is the record's own: of a domain that its keeper proved, or an address that this node gave it. */
  readonly ownsHost: (record: Pick<AgentRecord, 'id' | 'organization'>, host: string) => boolean
  /** Public address of the node, below which states are asked for. */
  readonly origin: () => string
  readonly clock: Clock
}

/** Where others ask for the state of certificates, below the address of the node (ACPs, reference paths). */
export const statePaths = { ocsp: '/acps-atr-v2/ocsp', list: '/acps-atr-v2/crl/current' } as const

/** What came of it: also what memory keeps. */
export interface Made {
  readonly certificate: Certificate
  /** Leaf and intermediate, PEM. */
  readonly chain: string
}

/** Checks, signs, writes down, and only then gives: what is refused leaves nothing behind. */
export async function issueCertificate(parts: IssueParts, request: IssueRequest): Promise<Made> {
  const { aic, record } = await recordInForce(parts, request.aic)
  if (request.organization !== undefined && request.organization !== record.organization)
    throw new Fault('ca.name', { detail: 'another organisation keeps the record now', where: 'aic' })
  const hosts = hostsOf(record, parts.ownsHost)
  const { publicKey, names } = readRequest(request.csr)
  refuseOtherNames({ publicKey, names }, aic)
  const thumbprint = thumbprintOf(publicKey)
  const key = didOf(publicKey)
  await refuseKey(parts, { thumbprint, key, aic })
  const { clock, authority } = parts
  // What is refused when it is kept stands in the log all the same: nobody fills that by asking on and on.
  if ((await parts.store.live(aic, clock.now())) >= liveMax) throw keepFault('too-many')
  const now = Math.floor(clock.now() / 1000) * 1000
  const days = Math.min(record.certificate?.validityDays ?? validityDays, validityDaysMax)
  const certificate: Certificate = {
    serial: newSerial(clock),
    aic,
    organization: record.organization,
    usage: request.usage,
    thumbprint,
    key,
    notBefore: now - skewMs,
    notAfter: Math.min(now + days * dayMs, authority.intermediate.validToDate.getTime()),
    revokedAt: undefined,
    reason: undefined,
  }
  const extensions = [
    ...endConstraints(oids[request.usage]),
    alternativeNames({ uri: `acps://${aic}`, ...hosts }),
    ...stateAddresses(parts.origin() + statePaths.ocsp, parts.origin() + statePaths.list),
  ]
  const plan = { ...certificate, subject: subjectOf(record, aic), publicKey, extensions }
  const der = await certify(plan, authority.issuer)
  // Before it is given to anybody: what this authority signed can be read in the log.
  await parts.leaves.write(canonicalJson(leafOf(certificate, der, now)))
  const refused = await parts.store.keep({ certificate, by: request.by, der }, clock.now(), liveMax)
  if (refused !== undefined) throw keepFault(refused)
  return { certificate, chain: pem('CERTIFICATE', der) + authority.intermediatePem }
}

/** The record in force of an identity code. Throws `ca.name` and `ca.record`. */
export async function recordInForce(
  { registry }: Pick<IssueParts, 'registry'>,
  given: string,
): Promise<{ readonly aic: string; readonly record: AgentRecord }> {
  const aic = parseAic(given)?.text
  const target = aic === undefined ? undefined : registry.target(aic)
  if (aic === undefined || target === undefined || target.id !== aic)
    throw new Fault('ca.name', { detail: 'this node keeps no record of that identity code', where: 'aic' })
  if (target.state !== 'active')
    throw new Fault('ca.record', { detail: `the record is ${target.state}`, where: target.slug })
  const { record } = await registry.read(aic, target.organization)
  return { aic, record }
}

async function refuseKey(
  { store, keyHolder, isAccountKey }: IssueParts,
  key: {
    readonly thumbprint: string
    readonly key: string | undefined
    readonly aic: string
  },
): Promise<void> {
  if (await isAccountKey(key.thumbprint))
    throw new Fault('ca.key', {
      detail: 'it is the key of an account of ACME, which is for orders alone',
      where: 'csr',
    })
  const { aic, bad } = await store.keyState(key.thumbprint)
  if (bad) throw keepFault('key-compromised')
  const holder = key.key === undefined ? undefined : keyHolder(key.key)
  if ((aic !== undefined && aic !== key.aic) || (holder !== undefined && holder !== key.aic))
    throw keepFault('key-of-another')
}

function keepFault(refusal: KeepRefusal): Fault {
  if (refusal === 'too-many')
    return new Fault('ca.too-many', { detail: `the record has ${liveMax} certificates that hold already` })
  const detail =
    refusal === 'key-compromised'
      ? 'the key was reported as compromised'
      : 'the key is or was that of another agent'
  return new Fault('ca.key', { detail, where: 'csr' })
}

/** CN is the bare identity code; O, OU and C are those of the provider. Throws `ca.provider`. */
function subjectOf({ provider }: AgentRecord, commonName: string): Uint8Array {
  const [organization, department] = [provider.organization.trim(), provider.department?.trim()]
  if (organization === '')
    throw new Fault('ca.provider', {
      detail: 'the record names no organisation that provides the agent',
      where: 'provider.organization',
    })
  for (const [where, text] of Object.entries({ organization, department }))
    if ((text?.length ?? 0) > attributeCharactersMax)
      throw new Fault('ca.provider', {
        detail: `a certificate has room for ${attributeCharactersMax} characters of it`,
        where: `provider.${where}`,
      })
  const country = /^[A-Za-z]{2}$/.test(provider.country ?? '') ? provider.country?.toUpperCase() : undefined
  return nameOf({ commonName, organization, department: department === '' ? undefined : department, country })
}

function leafOf({ serial, aic, usage }: Certificate, der: Uint8Array, at: number): CertificateLeaf {
  const digest = digestBytes(der)
  return {
    v: 1,
    kind: 'certificate',
    at: timeText(at),
    step: 'issued',
    record: aic,
    serials: [serial],
    usage,
    digest,
  }
}
