import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { derOid, derSequence } from '@ambit/core/der'
import { pem } from '@ambit/core/pem'
import type { Clock } from '../kernel/clock.ts'
import { localSigner } from '../kernel/key-signer.ts'
import type { KeySigner } from '../kernel/key-signer.ts'
import type { Log } from '../kernel/log.ts'
import type { Authority } from './authority.ts'
import { skewMs } from './authority.ts'
import { alternativeNames, certify, endConstraints, extension, nameOf, newSerial, noCheck } from './make.ts'
import { oids } from './x509.ts'

/** Too short to be worth revoking: nobody is told how to ask for its state. */
const lifeMs = 7 * 86_400_000
const renewAfterMs = 4 * 86_400_000
const retryMs = 3_600_000

/** A key and certificate of the node itself, in memory only. */
export interface ShortLived {
  readonly key: KeyObject
  readonly signer: KeySigner
  readonly certificate: Buffer
  /** Leaf and intermediate, PEM. */
  readonly chain: string
}

export interface RenewedIdentity {
  readonly current: () => ShortLived
  /** Told of each new one. */
  readonly onChange: (listen: () => void) => () => void
  /** Makes the next one now. Throws `ca.signer` where it cannot be made; the one in use stays. */
  readonly renew: () => Promise<void>
  readonly stop: () => void
}

/** That of a listener, which can be told of further addresses. */
export interface ListenerCertificate extends RenewedIdentity {
  /** From now on it names that address as well. */
  readonly addAddress: (address: string) => Promise<void>
}

export interface ShortLivedParts {
  readonly authority: Authority
  readonly clock: Clock
  readonly log: Log
}

/** Makes one and replaces it well before its end, as long as the node runs. Throws `ca.signer` where the first cannot be made. */
async function keepRenewed(
  parts: ShortLivedParts,
  commonName: string,
  extensions: () => readonly Uint8Array[],
): Promise<RenewedIdentity> {
  const { clock, log } = parts
  const listeners = new Set<() => void>()
  let current = await makeOne(parts, commonName, extensions())
  let cancel = plan(renewAfterMs)
  function plan(ms: number): () => void {
    return clock.after(ms, () => void renew())
  }
  async function replace(): Promise<void> {
    current = await makeOne(parts, commonName, extensions())
    for (const listen of listeners) listen()
  }
  async function renew(): Promise<void> {
    try {
      await replace()
      cancel = plan(renewAfterMs)
    } catch (error) {
      log.error('ca.renewal-failed', { name: commonName, error: String(error) })
      cancel = plan(retryMs)
    }
  }
  return {
    current: () => current,
    onChange: (listen) => {
      listeners.add(listen)
      return () => void listeners.delete(listen)
    },
    renew: replace,
    stop: () => cancel(),
  }
}

async function makeOne(
  { authority, clock }: ShortLivedParts,
  commonName: string,
  extensions: readonly Uint8Array[],
): Promise<ShortLived> {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const signer = localSigner(key)
  const now = clock.now()
  const certificate = await certify(
    {
      serial: newSerial(clock),
      subject: nameOf({ commonName }),
      publicKey: signer.publicKey,
      notBefore: now - skewMs,
      notAfter: Math.min(now + lifeMs, authority.intermediate.validToDate.getTime()),
      extensions,
    },
    authority.issuer,
  )
  return { key, signer, certificate, chain: pem('CERTIFICATE', certificate) + authority.intermediatePem }
}

/** Names of hosts and addresses under which the node is reached. */
export interface HostNames {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}

/** RFC 5280, appendix A.1. */
const nameCharactersMax = 64

/** The node's own certificate as a server. */
export async function keepListenerRenewed(
  parts: ShortLivedParts,
  { dns, ip }: HostNames,
  nodeName: string,
): Promise<ListenerCertificate> {
  const addresses = new Set(ip)
  const marks = () => [...endConstraints(oids.serverAuth), alternativeNames({ dns, ip: [...addresses] })]
  const identity = await keepRenewed(parts, (dns[0] ?? ip[0] ?? nodeName).slice(0, nameCharactersMax), marks)
  return {
    ...identity,
    async addAddress(address) {
      addresses.add(address)
      await identity.renew()
    },
  }
}

/** Whoever signs OCSP answers for the authority (RFC 6960, section 4.2.2.2). */
export async function keepResponderRenewed(parts: ShortLivedParts): Promise<RenewedIdentity> {
  const purpose = extension(oids.purposes, derSequence(derOid(oids.ocspSigning)))
  return await keepRenewed(parts, 'revocation states', () => [purpose, noCheck])
}
