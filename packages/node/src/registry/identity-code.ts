import { aicChecksumHolds, issueAic, parseAic } from '@ambit/core/id/aic'
import { instanceOf } from '@ambit/core/id/aic-operations'
import type { Clock } from '../kernel/clock.ts'
import { digestBytes } from '../kernel/digest.ts'
import type { Keyring } from '../kernel/keyring.ts'

/** This node registers agents itself; a number of its own comes with its accession to a registry of registrars. */
const registrar = '000001'
const providerDigits = 6
const ontologyDigits = 6
const entityDigits = 9
/** A sequence above this has no serial of six base-36 digits any more. */
const serialMax = 36 ** ontologyDigits - 1
/** 36^9 is just below 2^47: 6 bytes of chance are reduced to it with a bias below 2 %. */
const chanceBytes = 6

/** What a code is issued for, where that is not one agent of its own: a class of agents, or an instance of a class (its AIC). */
export type CodeKind = 'class' | { readonly instanceOf: string }

const saltPurpose = 'registry.aic-salt'

/**
 * Issues the AIC of a record: provider from the organisation, ontology from the serial, a random entity that is not zero
 * (an agent on line is an entity), and the checksum under the salt that only this node knows (ACPs AIC v02.01, section 4).
 */
export function issueIdentityCode(
  organization: string,
  serial: number,
  keyring: Keyring,
  clock: Clock,
  kind?: 'class',
): string {
  if (serial < 1 || serial > serialMax) throw new RangeError(`no serial of six digits: ${serial}`)
  const chance = clock.random(chanceBytes).readUIntBE(0, chanceBytes)
  const entity = kind === 'class' ? 0 : 1 + (chance % (36 ** entityDigits - 1))
  const parts = {
    registrar,
    provider: base36(1 + (organizationNumber(organization) % (36 ** providerDigits - 1)), providerDigits),
    ontology: base36(serial, ontologyDigits),
    entity: base36(entity, entityDigits),
  }
  return issueAic(parts, keyring.derive(saltPurpose))
}

/** A code for a new instance of a class that this node issued the code of. Throws a RangeError for what is no class. */
export function issueInstanceCode(ontology: string, keyring: Keyring, clock: Clock): string {
  const group = parseAic(ontology)
  if (group === undefined) throw new RangeError('that is no identity code')
  return instanceOf(group, keyring.derive(saltPurpose), clock.random(group.entity.length * 2)).text
}

/** Whether the checksum of a code is the one that this node gives. */
export function isIssuedHere(code: string, keyring: Keyring): boolean {
  const aic = parseAic(code)
  return aic !== undefined && aicChecksumHolds(aic, keyring.derive(saltPurpose))
}

/** Codes for the `count` serials up to `last`. */
export function issueIdentityCodes(
  organization: string,
  last: number,
  count: number,
  keyring: Keyring,
  clock: Clock,
): string[] {
  return Array.from({ length: count }, (_, at) =>
    issueIdentityCode(organization, last - count + 1 + at, keyring, clock),
  )
}

/** A number that stays the same for an organisation's id. */
function organizationNumber(organization: string): number {
  return Number.parseInt(digestBytes(organization).slice('sha256:'.length, 'sha256:'.length + 12), 16)
}

function base36(value: number, digits: number): string {
  return value.toString(36).toUpperCase().padStart(digits, '0')
}
