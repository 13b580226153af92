import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import type { Json } from '@ambit/core/wire/a2a/json'
import type { CertificateAuthority } from '../ca/ca.ts'
import type { Caller } from '../kernel/route.ts'
import type { Projection } from '../projection/projection.ts'
import type { Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { requireOperator } from './access.ts'

export interface TrustedParts {
  readonly registry: Pick<Registry, 'target' | 'issued'>
  readonly projection: Pick<Projection, 'exported'>
  readonly ca: Pick<CertificateAuthority, 'credential'>
}

/** The trusted registration of ACPs, as far as it is public or between an owner and the certificate authority. */
export interface Trusted {
  /** The specification of an agent in force, for everyone who has its code. Throws `acps.code`, `acps.agent-…`. */
  specification(code: string): Promise<Json>
  /** What binds one account of ACME to an agent, once. Throws `acps.code`, `ca.name`, `ca.record`, `auth.role`. */
  credential(caller: Caller, code: string): Promise<EabCredential>
}

export interface EabCredential {
  readonly keyId: string
  readonly macKey: string
  readonly aic: string
  readonly expiresAt: string
}

export function createTrusted({ registry, projection, ca }: TrustedParts): Trusted {
  const kept = new WeakMap<Target, Json>()
  return {
    async specification(text) {
      const target = registry.target(codeOf(registry, text))
      if (target === undefined || target.state === 'draft' || target.state === 'submitted')
        throw new Fault('acps.agent-unknown', { detail: 'nobody is approved under it', where: 'aic' })
      if (target.state !== 'active')
        throw new Fault('acps.agent-inactive', { detail: `it is ${target.state}`, where: 'aic' })
      if (target.kind !== 'agent')
        throw new Fault('acps.agent-bare', { detail: `it is a ${target.kind}`, where: 'aic' })
      // A changed record is another target, which lets the old document go.
      const known = kept.get(target)
      if (known !== undefined) return known
      const document = await projection.exported(target.id, target.organization, 'acs')
      kept.set(target, document)
      return document
    },
    async credential(caller, text) {
      requireOperator(caller)
      const code = codeOf(registry, text)
      if (registry.target(code, caller.organization)?.organization !== caller.organization)
        throw new Fault('ca.name', { detail: 'it is none of your organisation', where: 'aic' })
      const { keyId, macKey, aic, expiresAt } = await ca.credential(code, caller.person)
      return { keyId, macKey, aic, expiresAt }
    },
  }
}

/** The one text of a code of this registry. Throws `acps.code`. */
export function codeOf(registry: Pick<Registry, 'issued'>, text: string): string {
  const aic = parseAic(text)
  if (aic?.profile !== 'acps')
    throw new Fault('acps.code', { detail: 'it has not the form of one with ten arcs', where: 'aic' })
  if (!registry.issued(aic.text))
    throw new Fault('acps.code', { detail: 'its checksum is not the one of this registry', where: 'aic' })
  return aic.text
}
