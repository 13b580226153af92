import { Fault } from '@ambit/core/fault'
import { parseAic } from '@ambit/core/id/aic'
import type { EntityRequest } from '@ambit/core/wire/acps/entity'
import { acsSchema } from '@ambit/core/wire/acs/acs'
import type { Acs } from '@ambit/core/wire/acs/acs'
import { withAic } from '@ambit/core/wire/acs/rules'
import type { Clock } from '../kernel/clock.ts'
import type { Caller } from '../kernel/route.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Projection } from '../projection/projection.ts'
import type { Registry } from '../registry/registry.ts'
import type { Target } from '../registry/target.ts'
import { isOperator } from './access.ts'
import { instancesOf } from './classes.ts'
import { refuseProblems } from './specification.ts'
import { codeOf } from './trusted.ts'

/** Of chance in the name of an entity. */
const nameBytes = 5

export interface EntityParts {
  readonly registry: Registry
  readonly projection: Pick<Projection, 'read' | 'exported'>
  readonly clock: Clock
  /** Entities of one ontology. */
  readonly entitiesMax: number
}

export interface RegisteredEntity {
  readonly ontologyAic: string
  readonly entityAic: string
  readonly endPoints?: Acs['endPoints']
  readonly entityUserId?: string
  readonly entityMeta?: Readonly<Record<string, unknown>>
}

export interface EntitySender {
  /** AIC in the client certificate of the connection; undefined: there is none. */
  readonly peer: string | undefined
  readonly caller: Caller
}

/**
 * Registers an entity on the word of its ontology, whose certificate it comes with, and of an operator of the organisation
 * that keeps the ontology. What people looked at is the ontology: an entity is what that is, at an address of its own, so
 * it is in force at once. Throws `acps.…`; what is refused leaves nothing in force.
 */
export function createEntities(
  parts: EntityParts,
): (request: EntityRequest, sender: EntitySender) => Promise<RegisteredEntity> {
  const turns = createTurns()
  return async (request, sender) =>
    // One after the other, so that two at once are neither one too many nor at one address.
    await turns.take('entities', async () => {
      const ontology = await ontologyFor(parts, request, sender)
      refuseBeyondQuota(parts, ontology)
      const acs = await entityAcs(parts, ontology, request)
      refuseTakenEndPoints(parts, acs)
      return resultOf(ontology, await putInForce(parts, sender.caller, ontology, acs), request)
    })
}

/** Throws `acps.code`, `acps.peer`, `acps.ontology-…`. */
async function ontologyFor(
  { registry }: EntityParts,
  { ontologyAic }: EntityRequest,
  { peer, caller }: EntitySender,
): Promise<Target> {
  const code = codeOf(registry, ontologyAic)
  if (parseAic(code)?.isOntology !== true)
    throw new Fault('acps.code', { detail: 'it is that of an entity', where: 'ontologyAic' })
  if (peer === undefined)
    throw new Fault('acps.peer', { detail: 'the connection has no certificate of an agent' })
  if (parseAic(peer)?.isOntology !== true)
    throw new Fault('acps.ontology-access', { detail: 'the certificate is that of an entity' })
  if (peer !== code)
    throw new Fault('acps.ontology-access', { detail: 'the certificate is that of another ontology' })
  const target = registry.target(code)
  if (target?.id !== code)
    throw new Fault('acps.ontology-unknown', { detail: 'nobody registered it here', where: 'ontologyAic' })
  if (target.organization !== caller.organization || !isOperator(caller.roles))
    throw new Fault('acps.ontology-access', { detail: 'the token is not of an operator of its organisation' })
  if (target.state !== 'active')
    throw new Fault('acps.ontology-inactive', { detail: `it is ${target.state}`, where: 'ontologyAic' })
  if (await registry.review.wantsTwoPeople(target.organization))
    throw new Fault('acps.ontology-access', {
      detail: 'its organisation has two people look at every record',
      remedy: 'Register the entity in the console, where another person puts it in force.',
    })
  return target
}

function refuseBeyondQuota({ registry, entitiesMax }: EntityParts, { id, organization }: Target): void {
  if (instancesOf(registry.heads(organization), id).length < entitiesMax) return
  throw new Fault('acps.quota', { detail: `it has ${entitiesMax} entities`, where: 'ontologyAic' })
}

/** The specification of the ontology with what is the entity's own. */
async function entityAcs(
  { projection, clock }: EntityParts,
  ontology: Target,
  { endPoints, entityUserId, entityMeta }: EntityRequest,
): Promise<Acs> {
  const whole = acsSchema.parse(await projection.exported(ontology.id, ontology.organization, 'acs'))
  const { entityUserId: _, entityMeta: __, ...shared } = whole
  const name = ` (${clock.random(nameBytes).toString('hex')})`
  const acs: Acs = {
    ...shared,
    aic: '',
    name: whole.name.slice(0, 200 - name.length) + name,
    endPoints: endPoints ?? [],
    ...(entityUserId == null ? {} : { entityUserId }),
    ...(entityMeta == null ? {} : { entityMeta }),
  }
  refuseProblems(acs)
  return acs
}

/** Whoever it is that answers there: an address is one agent's. */
function refuseTakenEndPoints({ registry }: EntityParts, { endPoints }: Acs): void {
  // One with the code in it is the entity's own, whatever its code will be.
  const fixed = endPoints.filter(({ url }) => withAic(url, '') === url)
  const wanted = new Set(fixed.map(({ url }) => addressOf(url)))
  if (wanted.size < fixed.length)
    throw new Fault('acps.end-point', { detail: 'an address stands there twice', where: 'endPoints' })
  const isTaken = ({ interfaces }: Target) =>
    interfaces.some(({ protocol, url }) => protocol === 'aip' && wanted.has(addressOf(url)))
  const hosts = new Set(fixed.map(({ url }) => URL.parse(url)?.hostname ?? ''))
  if (![...hosts].some((host) => registry.targetsAt(host).some(isTaken))) return
  throw new Fault('acps.end-point', { detail: 'an agent is registered at it', where: 'endPoints' })
}

/** With the host in lower case and no default port. */
function addressOf(url: string): string {
  return URL.parse(url)?.href ?? url
}

async function putInForce(
  { registry, projection }: EntityParts,
  caller: Caller,
  ontology: Target,
  acs: Acs,
): Promise<Target> {
  const draft = projection.read('acs', acs)
  const suffix = acs.name.slice(-(nameBytes * 2) - 1, -1)
  const slug = `${ontology.slug.slice(0, 62 - suffix.length)}-${suffix}`
  await registry.draft(caller, draft, { slug, as: { instanceOf: ontology.id } })
  const { organization, person } = caller
  const order = { record: slug, organization, person, note: `an entity of ${ontology.id}` }
  try {
    await registry.step({ ...order, step: 'submission' })
    await registry.step({ ...order, step: 'activation' })
  } catch (error) {
    // Neither a draft nor a version that somebody could put in force later.
    await registry.step({ ...order, step: 'retirement' })
    throw error
  }
  return registry.target(slug, organization)!
}

function resultOf(
  { id: ontologyAic }: Target,
  { id: entityAic }: Target,
  { endPoints, entityUserId, entityMeta }: EntityRequest,
): RegisteredEntity {
  return {
    ontologyAic,
    entityAic,
    ...(endPoints == null
      ? {}
      : {
          endPoints: endPoints.map((each) => ({ ...each, url: withAic(each.url, entityAic) })),
        }),
    ...(entityUserId == null ? {} : { entityUserId }),
    ...(entityMeta == null ? {} : { entityMeta }),
  }
}
