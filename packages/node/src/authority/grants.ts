import { canonicalJson } from '@ambit/core/canonical'
import { digestOf } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import { keyBytes } from '@ambit/core/id/did-key'
import type { MandateLeaf } from '@ambit/core/leaf'
import type { Allow, Limits, Mandate, SignedMandate } from '@ambit/core/mandate'
import { leafIdPrefix, verifyChain } from '@ambit/core/mandate-chain'
import type { ChainProblem } from '@ambit/core/mandate-chain'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'
import type { Bus } from '../bus/bus.ts'
import type { Identity } from '../identity/identity.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Target } from '../registry/target.ts'
import { childBody } from './child-body.ts'
import type { ChildWish } from './child-body.ts'
import { delegatedIn } from './delegated-id.ts'
import { refuseKeptKey } from './kept-key.ts'
import { lineage } from './mandate-book.ts'
import type { BookEntry, MandateBook } from './mandate-book.ts'
import type { MandateReader, MandateWriter } from './mandate-store.ts'
import { refuseBorrowedName } from './named-agent.ts'

/** Task mandates below one mandate: a user starts no more tasks than this under one standing mandate. */
const childrenMax = 10_000
const nonceBytes = 16
/** Ids in one message of the bus and leaves written at once. */
const idsPerMessageMax = 100

/** What a registered agent is known by, for a mandate that names it. */
export interface KnownAgent {
  /** AIC. */
  readonly id: string
  /** did:key of its keys. */
  readonly keys: readonly string[]
}

export interface GrantParts {
  readonly identity: Identity
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly book: MandateBook
  readonly store: MandateReader & MandateWriter
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  readonly agent: (organization: string, name: string) => Promise<KnownAgent | undefined>
  readonly agentKeys: (target: Target) => readonly string[]
  /** Resolves when this replica has its slices of the budgets of what came into the book. */
  readonly leased: () => Promise<void>
  /** Stops acts under way below these mandates; gives their number. */
  readonly stop: (ids: readonly string[]) => Promise<number>
}

export interface GrantRequest {
  readonly organization: string
  /** The person on whose word it is: signs, and is the subject. */
  readonly person: string
  readonly purpose: string
  readonly allow: readonly Allow[]
  readonly limits: Limits
  readonly delegate: Mandate['delegate']
  readonly expiresAt: number
  readonly holder?: string
  readonly agent?: string
}

export interface NarrowRequest extends ChildWish {
  readonly person: string
  readonly holder?: string
  readonly agent?: string
  /** Left out: a fresh one. */
  readonly id?: string
}

/** A standing mandate, signed with the person's key. In force when this returns; its leaf is in the log by then. */
export async function grant(parts: GrantParts, request: GrantRequest): Promise<BookEntry> {
  const { organization, person } = request
  const signer = await parts.identity.personSigner(person)
  const holder = await chooseHolder(parts, organization, request)
  return await enact(parts, undefined, signer, person, {
    v: 1,
    type: 'mandate',
    id: namedId(parts.ids, 'm'),
    issuer: signer.key,
    ...holder,
    subject: person,
    organization,
    purpose: request.purpose,
    allow: [...request.allow],
    limits: request.limits,
    delegate: request.delegate,
    notBefore: timeText(parts.clock.now()),
    expires: timeText(request.expiresAt),
    nonce: nonce(parts),
  })
}

/** A child that the node signs with the parent's kept key, on the person's word. What is left out is inherited. */
export async function narrow(
  parts: GrantParts,
  parent: BookEntry,
  request: NarrowRequest,
): Promise<BookEntry> {
  refuseEnded(parts, parent)
  const above = parent.body
  const signer = await parts.identity.holderSigner(above.holder)
  if (signer === undefined) {
    throw new Fault('mandate.key-elsewhere', {
      detail: 'only its holder can narrow this mandate',
      where: above.id,
    })
  }
  const chosen = request.holder !== undefined || request.agent !== undefined
  const { holder, agent } = chosen ? await chooseHolder(parts, above.organization, request) : above
  const facts = {
    id: request.id ?? namedId(parts.ids, 'm'),
    holder,
    agent,
    now: parts.clock.now(),
    nonce: nonce(parts),
  }
  return await enact(parts, parent, signer, request.person, childBody(parent, request, facts))
}

/** A child that an outside holder signed. It may not bring words of the user's: those only the user gives, here. */
export async function accept(
  parts: GrantParts,
  parent: BookEntry,
  signed: SignedMandate,
  by: string,
): Promise<BookEntry> {
  refuseEnded(parts, parent)
  const { body } = signed
  if (body.task !== parent.body.task) {
    throw new Fault('mandate.invalid', {
      detail: 'the words of a task come from the person only',
      where: 'task',
    })
  }
  const isOurs = body.id.startsWith(leafIdPrefix) || delegatedIn(body.id) !== undefined
  if (isOurs || (await parts.store.find(body.id)) !== undefined) {
    throw new Fault('mandate.invalid', { detail: 'the id is taken', where: 'id' })
  }
  await refuseBorrowedName(parts, parent.body, body)
  return await enter(parts, parent, signed, by)
}

/**
 * Revokes a mandate and all below it: at once in memory, then in the store, in flight and on other replicas. The leaves
 * are in the log when this returns; should the log fail, the revocation holds all the same and asking again writes them.
 */
export async function revoke(
  parts: GrantParts,
  id: string,
  by: string,
  note: string | undefined,
): Promise<{ revoked: string[]; stopped: number }> {
  parts.book.revoke([id])
  const revoked = await parts.store.revoke(id, parts.clock.now(), by, note)
  const stopped = revoked.length === 0 ? 0 : await parts.stop(revoked)
  for (let from = 0; from < revoked.length; from += idsPerMessageMax) {
    const ids = revoked.slice(from, from + idsPerMessageMax)
    parts.bus.publish('mandate.revoked', { id, ids })
  }
  for (const each of new Set([id, ...revoked])) {
    const row = await parts.store.find(each)
    if (row === undefined || row.revokedLeaf !== null) continue
    await parts.store.revocationLogged(each, await writeLeaf(parts, row.signed, 'revoked', by))
  }
  return { revoked, stopped }
}

async function enact(
  parts: GrantParts,
  parent: BookEntry | undefined,
  signer: Signer,
  by: string,
  body: Mandate,
): Promise<BookEntry> {
  return await enter(parts, parent, await signBody(body, signer), by)
}

/** Text with a lone surrogate has no canonical form, so it cannot be signed. */
async function signBody(body: Mandate, signer: Signer): Promise<SignedMandate> {
  try {
    return await sign(body, signer)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new Fault('mandate.invalid', { detail: 'a text is not well-formed Unicode', cause: error })
  }
}

async function enter(
  parts: GrantParts,
  parent: BookEntry | undefined,
  signed: SignedMandate,
  by: string,
): Promise<BookEntry> {
  const above = parent === undefined ? [] : lineage(parent).map((link) => link.signed)
  const verdict = await verifyChain([...above, signed])
  if (!verdict.ok) throw faultOf(verdict, above.length)
  if (Date.parse(signed.body.expires) <= parts.clock.now()) {
    throw new Fault('mandate.invalid', { detail: 'it is over already', where: 'expires' })
  }
  if (parent !== undefined && parent.children.size >= childrenMax) {
    throw new Fault('mandate.too-many', { detail: `a mandate has ${childrenMax} children at most` })
  }
  await writeLeaf(parts, signed, 'granted', by)
  const { organization, subject } = signed.body
  const created = parts.clock.now()
  const row = { signed, organization, subject, created, createdBy: by, revoked: null, revokedLeaf: null }
  if (!(await parts.store.insert(row))) throw ended(signed.body.parent)
  const entry = parts.book.add(signed)
  if (entry === undefined) throw ended(signed.body.parent)
  await parts.leased()
  parts.bus.publish('mandate.granted', { id: signed.body.id })
  return entry
}

async function writeLeaf(
  parts: GrantParts,
  signed: SignedMandate,
  step: MandateLeaf['step'],
  person: string,
): Promise<number> {
  const { id, parent } = signed.body
  const leaf: MandateLeaf = {
    v: 1,
    kind: 'mandate',
    at: timeText(parts.clock.now()),
    mandate: id,
    ...(parent === undefined ? {} : { parent }),
    step,
    digest: await digestOf(signed),
    person,
  }
  return await parts.leaves.write(canonicalJson(leaf))
}

async function chooseHolder(
  parts: GrantParts,
  organization: string,
  asked: { readonly person: string; readonly holder?: string; readonly agent?: string },
): Promise<{ holder: string; agent?: string }> {
  if (asked.holder !== undefined && keyBytes(asked.holder) === undefined) {
    throw new Fault('mandate.invalid', {
      detail: 'the holder is not a did:key this node knows',
      where: 'holder',
    })
  }
  if (asked.agent === undefined) {
    if (asked.holder === undefined) return { holder: await parts.identity.createHolderKey(organization) }
    await refuseKeptKey(parts, organization, asked.person, asked.holder)
    return { holder: asked.holder }
  }
  const agent = await parts.agent(organization, asked.agent)
  if (agent === undefined) {
    throw new Fault('input.not-found', { detail: 'no agent is registered under that name', where: 'agent' })
  }
  // The agent's own key, where its record names one: history belongs to the key.
  const holder = asked.holder ?? agent.keys[0]
  if (holder === undefined)
    return { holder: await parts.identity.createHolderKey(organization), agent: agent.id }
  await refuseKeptKey(parts, organization, agent.keys.includes(holder) ? undefined : asked.person, holder)
  return { holder, agent: agent.id }
}

function refuseEnded(parts: GrantParts, entry: BookEntry): void {
  if (entry.revoked || parts.clock.now() >= entry.expiresAt) throw ended(entry.body.id)
}

function ended(id: string | undefined): Fault {
  return new Fault('mandate.ended', { detail: 'nothing can be added below it', where: id ?? 'parent' })
}

function faultOf(problem: ChainProblem, link: number): Fault {
  const code =
    problem.code === 'chain.widened' || problem.code === 'chain.window'
      ? 'mandate.widened'
      : 'mandate.invalid'
  const where = problem.where.link === link ? problem.where.member : `link ${problem.where.link}`
  return new Fault(link === 0 ? 'mandate.invalid' : code, { detail: problem.what, where })
}

function nonce(parts: GrantParts): string {
  return parts.clock.random(nonceBytes).toString('hex')
}
