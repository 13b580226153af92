import type { Interface } from '@ambit/core/record'
import { Fault } from '@ambit/core/fault'
import type { Course } from './course.ts'
import { unlabelled } from './course.ts'
import type { Egress } from './egress.ts'
import { planEntry } from './entry.ts'
import type { EntryPlan } from './entry.ts'
import type { HeldChain } from '../authority/authority.ts'
import type { TargetCapability } from '../registry/target.ts'
import { signInSecret } from '../signin/signin.ts'
import type { PathParts } from './parts.ts'
import type { Gate } from './traffic.ts'

/** What is the same for all acts of one chain on one capability: made once, kept while both live. */
export interface RoutePlan {
  readonly entry: EntryPlan
  readonly egress: Egress
  readonly gate: Gate
  /** What may be sent once more where the first try surely did not arrive: a read that an operator accepted as one. */
  readonly repeatable: boolean
  readonly protocolIn: string
  /** Where the credential is one that a person gets by signing in to the target. */
  readonly signIn: { readonly server: string; readonly header: string } | undefined
  /** Credentials of the person for the target; a promise only when they are not in memory yet. */
  headers(course: Course): readonly string[] | Promise<readonly string[]>
}

/** Keyed weakly: a renewed chain or a changed record lets its plans go. */
const plans = new WeakMap<HeldChain, WeakMap<TargetCapability, RoutePlan>>()

/** Throws `upstream.unreachable` when nothing on this node speaks the target's protocol. */
export function planOf(course: Course): RoutePlan {
  const { chain, intake } = course
  let ofChain = plans.get(chain)
  if (ofChain === undefined) {
    ofChain = new WeakMap()
    plans.set(chain, ofChain)
  }
  let plan = ofChain.get(intake.capability)
  if (plan === undefined || plan.entry.target !== intake.target || plan.protocolIn !== intake.protocolIn) {
    plan = makePlan(course)
    ofChain.set(intake.capability, plan)
  }
  return plan
}

function makePlan(course: Course): RoutePlan {
  const { parts, intake } = course
  const chosen = chooseInterface(parts, intake.target.interfaces)
  if (chosen === undefined) {
    throw new Fault('upstream.unreachable', {
      detail: 'none of its interfaces speaks a protocol this node can send',
      where: intake.target.slug,
    })
  }
  const { offered, egress } = chosen
  const entry = planEntry(
    // The plan belongs to the chain the act was decided under.
    { ...intake.holder, chain: course.chain },
    intake.target,
    intake.capability,
    unlabelled,
    intake.protocolIn,
    `${offered.protocol}/${offered.version}`,
  )
  const { profile, accepted } = intake.capability
  return {
    entry,
    egress,
    gate: parts.traffic.gateOf(intake.target, offered),
    repeatable: accepted && profile.effect === 'read' && profile.reversibility === 0,
    protocolIn: intake.protocolIn,
    signIn: signInOf(offered),
    headers: (of) => credentials(parts, of, offered),
  }
}

function chooseInterface(
  parts: PathParts,
  interfaces: readonly Interface[],
): { offered: Interface; egress: Egress } | undefined {
  for (const offered of interfaces) {
    const egress = parts.egresses.get(offered.protocol)
    if (egress !== undefined) return { offered, egress }
  }
  return undefined
}

const none: readonly string[] = []

function credentials(
  parts: PathParts,
  course: Course,
  offered: Interface,
): readonly string[] | Promise<readonly string[]> {
  const wanted = wantedOf(offered)
  if (wanted.length === 0) return none
  const { organization, subject } = course.intake.holder
  const record = course.intake.target.id
  const headers: string[] = []
  for (const { header, secret } of wanted) {
    const value =
      secret === signInSecret
        ? parts.signIns.peek(organization, subject, offered.url)
        : parts.vault.peek(organization, subject, record, secret)
    if (value === undefined) return loadCredentials(parts, course, offered)
    if (value !== null) headers.push(header, value)
  }
  return headers
}

function signInOf({ url, security }: Interface): RoutePlan['signIn'] {
  const entry = security.find(({ secret }) => secret === signInSecret)
  return entry && { server: url, header: entry.header }
}

/** Headers of a request, or variables of a supervised program's environment. */
function wantedOf(offered: Interface): Interface['security'] {
  return offered.command === undefined
    ? offered.security
    : offered.command.env.map((name) => ({ header: name, secret: name }))
}

async function loadCredentials(
  parts: PathParts,
  course: Course,
  offered: Interface,
): Promise<readonly string[]> {
  const { organization, subject } = course.intake.holder
  const headers: string[] = []
  for (const { header, secret } of wantedOf(offered)) {
    const value =
      secret === signInSecret
        ? await parts.signIns.authorization(organization, subject, offered.url)
        : await parts.vault.get(organization, subject, course.intake.target.id, secret)
    if (value !== undefined) headers.push(header, value)
  }
  return headers
}
