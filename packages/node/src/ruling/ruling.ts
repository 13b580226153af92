import { canonicalJson } from '@ambit/core/canonical'
import type { Digest } from '@ambit/core/digest'
import { Fault } from '@ambit/core/fault'
import type { RulingLeaf } from '@ambit/core/leaf'
import { rulingSchema } from '@ambit/core/ruling'
import type { Ruling, RulingKind, SignedRuling } from '@ambit/core/ruling'
import { sign } from '@ambit/core/signature'
import type { Signer } from '@ambit/core/signature'
import type { Bus } from '../bus/bus.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import { createTurns } from '../kernel/turns.ts'
import type { Store } from '../store/store.ts'
import { openRulingStore } from './ruling-store.ts'
import type { NewRuling, RulingHead } from './ruling-store.ts'
import { Standing, stateByKind } from './standing.ts'
import type { StandingCertificate, StandingState } from './standing.ts'

export { stateByKind } from './standing.ts'

/** Signed statements of authorities, and the epoch of those in force. */
export interface Rulings {
  /** Grows by one with every ruling; an act decided under an older epoch is looked at again before it is sent. */
  readonly epoch: number
  /** What the newest state-bearing ruling says of an exact version; undefined when none was made. In memory. */
  stateOf(digest: Digest): StandingState | undefined
  /** The newest certificate of an exact version that has not expired. In memory. */
  certificateOf(digest: Digest): StandingCertificate | undefined
  /** Signs, writes the leaf to the registry log, stores, raises the epoch, then publishes `ruling.<kind>` {id, record, digests, epoch}, on other replicas with `learned`. */
  issue(statement: Statement): Promise<SignedRuling>
  /** The same for many records, each once and new, so that nobody else rules on them meanwhile: with one commit. */
  issueAll(statements: readonly Statement[]): Promise<readonly SignedRuling[]>
  /** Rulings of a record (AIC), oldest first. */
  list(record: string): Promise<readonly SignedRuling[]>
  /** The newest rulings of an organisation, newest first. */
  newest(organization: string): Promise<readonly SignedRuling[]>
}

export interface Statement {
  readonly kind: RulingKind
  /** The organisation on this node that keeps the record; `main` when left out. */
  readonly organization?: string
  /** AIC. */
  readonly record: string
  readonly digests: readonly Digest[]
  /** Principal id of the person who decided, when one did. */
  readonly person?: string
  readonly basis?: readonly string[]
  readonly evidence?: readonly Digest[]
  readonly note?: string
  /** Not for the kinds that bear a state: a state ends by another ruling. */
  readonly expiresAt?: number
}

export interface RulingParts {
  readonly store: Store
  /** The registry log. */
  readonly log: LeafWriter
  /** The node's own key. */
  readonly signer: Signer
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
}

/** Rows of the list of all rulings: one page of the console. */
const newestRowsMax = 200
const defaultOrganization = 'main'

export async function openRulings(parts: RulingParts): Promise<Rulings> {
  const rows = await openRulingStore(parts.store)
  const standing = new Standing()
  const kept = [...(Object.keys(stateByKind) as RulingKind[]), 'certificate' as const]
  for await (const head of rows.heads(kept)) standing.apply(head)
  let epoch = await rows.count()
  let lastIssued = await rows.newestAt()
  const turns = createTurns()

  async function issueAll(statements: readonly Statement[]): Promise<readonly SignedRuling[]> {
    const newest = await rows.newestAt()
    // Strictly growing, also when the clock steps back: it is the order in which rulings hold after a restart.
    // Other replicas issue too, by clocks of their own.
    const first = Math.max(parts.clock.now(), lastIssued + 1, newest + 1)
    lastIssued = first + statements.length - 1
    const made: NewRuling[] = []
    for (const [at, statement] of statements.entries()) {
      const signed = await sign(rulingOf(statement, first + at, parts), parts.signer)
      const { organization = defaultOrganization, expiresAt: expires } = statement
      made.push({ organization, issued: first + at, expires, signed })
    }
    // Together, so that they share a sync of the log and one commit.
    await Promise.all(
      made.map(async ({ signed, issued }) => await parts.log.write(canonicalJson(leafOf(signed, issued)))),
    )
    await rows.insert(made)
    for (const { signed, issued, expires = null } of made) {
      const { id, kind, subject } = signed.body
      const { record, digests } = subject
      standing.apply({ id, kind, record, digests, expires, issued })
      epoch += 1
      parts.bus.publish(`ruling.${kind}`, { id, record, digests, epoch })
    }
    return made.map(({ signed }) => signed)
  }
  function learn(head: RulingHead): void {
    if (!standing.apply(head)) return
    epoch += 1
    const { id, kind, record, digests } = head
    parts.bus.tell(`ruling.${kind}`, { id, record, digests, epoch, learned: true })
  }
  // What another replica ruled holds here once it was read from the store; then it is told to who is here.
  parts.bus.subscribe('ruling.*', ({ id }, _subject, from) => {
    if (from === 'here' || typeof id !== 'string') return
    rows
      .head(id)
      .then((head) => head && learn(head))
      .catch((error: unknown) => parts.bus.missed(error))
  })
  parts.bus.onGap(async () => {
    for await (const head of rows.heads(kept)) learn(head)
  })

  return {
    get epoch() {
      return epoch
    },
    stateOf: (digest) => standing.stateOf(digest),
    certificateOf(digest) {
      const certificate = standing.certificateOf(digest)
      if (certificate?.expiresAt === undefined) return certificate
      return certificate.expiresAt > parts.clock.now() ? certificate : undefined
    },
    // One after the other for one record, so that memory, store and log agree on which ruling is the newest.
    issue: async (statement) =>
      await turns.take(statement.record, async () => (await issueAll([statement]))[0]!),
    issueAll,
    list: async (record) => await rows.ofRecord(record),
    newest: async (organization) => await rows.newest(organization, newestRowsMax),
  }
}

function rulingOf(statement: Statement, issued: number, { ids, signer }: RulingParts): Ruling {
  if (statement.expiresAt !== undefined && stateByKind[statement.kind] !== undefined) {
    throw new Fault('ruling.invalid', {
      detail: `a ${statement.kind} does not expire; it ends by another ruling`,
      where: 'expiresAt',
    })
  }
  const parsed = rulingSchema.safeParse({
    v: 1,
    type: 'ruling',
    id: namedId(ids, 'r'),
    kind: statement.kind,
    subject: { record: statement.record, digests: statement.digests },
    by: signer.key,
    ...(statement.person === undefined ? {} : { person: statement.person }),
    basis: statement.basis ?? [],
    evidence: statement.evidence ?? [],
    ...(statement.note === undefined ? {} : { note: statement.note }),
    notBefore: timeText(issued),
    ...(statement.expiresAt === undefined ? {} : { expires: timeText(statement.expiresAt) }),
  })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Fault('ruling.invalid', {
    detail: issue?.message ?? 'the statement is not of its form',
    where: issue?.path.join('.') ?? 'statement',
  })
}

function leafOf(signed: SignedRuling, issued: number): RulingLeaf {
  const { id, kind, subject } = signed.body
  return {
    v: 1,
    kind: 'ruling',
    at: timeText(issued),
    ruling: id,
    what: kind,
    record: subject.record,
    digests: subject.digests,
    digest: digestValue(signed),
  }
}
