import { utf8Text } from '../bytes.ts'
import { leafSchema } from '../leaf.ts'
import type { ApprovalLeaf, IntentLeaf, Leaf, OutcomeLeaf, RulingLeaf } from '../leaf.ts'
import { rememberedMax } from './follow-state.ts'
import type { LeafState } from './follow-state.ts'

/** Something in the entries of a node's log that should not be, though every proof holds. */
export interface LeafAlarm {
  readonly code:
    | 'outcome-without-intent'
    | 'intent-without-outcome'
    | 'act-after-recall'
    | 'approval-not-given'
  readonly index: number
  readonly act: string
  readonly what: string
}

type OpenIntent = LeafState['open'][number]
type GivenApproval = LeafState['approvals'][number]

/**
 * Leaves of one moment are written by several writers, and the word of a recall takes its way to them: an intent within
 * this time of it, by the times in both leaves, was under way. An earlier one that stands behind the recall was not: no
 * writer waits so long.
 */
const underWayMs = 5000
/** A node lets an approval stand for a week at most (AMBIT_APPROVAL_MINUTES): so long one given in unread entries may be used. */
const approvalMsMax = 8 * 86_400_000
/** A standing approval lives 90 days at most; its id begins so. */
const standingMsMax = 91 * 86_400_000
const standingPrefix = 'sa_'

/** Kinds come from the log: more names than any writer has are counted together. */
const kindsMax = 50
const kindCharactersMax = 50

/** Steps that come before a decision: they neither give an approval nor take it away. */
const before: ReadonlySet<ApprovalLeaf['step']> = new Set(['asked', 'held', 'agreed'])

export const noLeaves: LeafState = { open: [], approvals: [], stopped: [], unknown: {} }

/** Reads the entries of a node's log in their order and notices what the rules of the node would never write. */
export class LeafRules {
  readonly alarms: LeafAlarm[] = []
  #open: Map<string, OpenIntent>
  #approvals: Map<string, GivenApproval>
  #stopped: Map<string, number>
  #unknown: Map<string, number>
  #unreadUntil: number | undefined

  constructor(state: LeafState = noLeaves) {
    this.#open = new Map(state.open.map((each) => [each.act, each]))
    this.#approvals = new Map(state.approvals.map((each) => [each.approval, each]))
    this.#stopped = new Map(state.stopped.map(({ digest, at }) => [digest, at]))
    this.#unreadUntil = state.unreadUntil
    this.#unknown = new Map(Object.entries(state.unknown))
  }

  read(index: number, entry: Uint8Array): void {
    const leaf = this.#leaf(entry)
    if (leaf?.kind === 'act.intent') this.#intent(index, leaf)
    if (leaf?.kind === 'act.outcome') this.#outcome(index, leaf)
    if (leaf?.kind === 'approval') this.#approval(index, leaf)
    if (leaf?.kind === 'ruling') this.#ruling(leaf)
  }

  /** Entries up to this time (milliseconds since 1970) are left out, so what they began is not missed afterwards. */
  unread(until: number): void {
    this.#unreadUntil = Math.max(until, this.#unreadUntil ?? 0)
  }

  /** Names each intent that has had no outcome for longer than this, once. */
  overdue(now: number, intentMsMax: number): void {
    for (const open of this.#open.values()) {
      if (open.late || now - open.at <= intentMsMax) continue
      this.#open.set(open.act, { ...open, late: true })
      this.#late(open)
    }
  }

  state(): LeafState {
    return {
      open: [...this.#open.values()],
      approvals: [...this.#approvals.values()],
      stopped: Array.from(this.#stopped, ([digest, at]) => ({ digest, at })),
      unknown: Object.fromEntries(this.#unknown),
      ...(this.#unreadUntil === undefined ? {} : { unreadUntil: this.#unreadUntil }),
    }
  }

  #leaf(entry: Uint8Array): Leaf | undefined {
    let json: unknown
    try {
      json = JSON.parse(utf8Text(entry))
    } catch {
      // An entry that is no JSON is counted; a log may hold anything.
      return this.#count('unreadable')
    }
    const parsed = leafSchema.safeParse(json)
    if (parsed.success) return parsed.data
    const kind = typeof json === 'object' && json !== null && 'kind' in json ? json.kind : undefined
    return this.#count(typeof kind === 'string' ? kind.slice(0, kindCharactersMax) : 'unreadable')
  }

  #count(kind: string): undefined {
    const name = this.#unknown.has(kind) || this.#unknown.size < kindsMax ? kind : 'other'
    this.#unknown.set(name, (this.#unknown.get(name) ?? 0) + 1)
  }

  #intent(index: number, leaf: IntentLeaf): void {
    const { act, target, approval } = leaf
    const stoppedAt = this.#stopped.get(target)
    if (stoppedAt !== undefined && Math.abs(Date.parse(leaf.at) - stoppedAt) > underWayMs) {
      this.#alarm(
        'act-after-recall',
        index,
        act,
        `the act goes to a version that had been stopped: ${target}`,
      )
    }
    if (approval !== undefined) this.#step(index, leaf, approval, { intended: true })
    this.#open.set(act, { act, index, at: Date.parse(leaf.at), late: false })
    if (this.#open.size <= rememberedMax) return
    const [oldest] = this.#open.values()
    this.#open.delete(oldest!.act)
    if (!oldest!.late) this.#late(oldest!)
  }

  #outcome(index: number, { act, at, status, durationMs }: OutcomeLeaf): void {
    if (this.#open.delete(act)) return
    // The node that finds an act without an outcome after a crash does not know how long it took.
    const began = status === 'unknown' ? 0 : Date.parse(at) - durationMs - underWayMs
    if (this.#unreadUntil !== undefined && began <= this.#unreadUntil) return
    this.#alarm('outcome-without-intent', index, act, 'the act has an outcome and no intent before it')
  }

  #approval(index: number, leaf: ApprovalLeaf): void {
    const { approval, step } = leaf
    if (step === 'approved' || step === 'released' || step === 'standing') {
      const given = { approval, used: false, intended: false }
      this.#approvals.set(approval, step === 'standing' ? { ...given, standing: true } : given)
      const [oldest] = this.#approvals.keys()
      if (this.#approvals.size > rememberedMax) this.#approvals.delete(oldest!)
    } else if (step === 'used') {
      this.#step(index, leaf, approval, { used: true })
    } else if (!before.has(step)) {
      this.#approvals.delete(approval)
    }
  }

  /** An approval serves one act: it is used once, and one intent names it. A standing one serves many. */
  #step(
    index: number,
    { act, at }: IntentLeaf | ApprovalLeaf,
    id: string,
    step: { used?: true; intended?: true },
  ): void {
    const given = this.#approvals.get(id)
    if (given?.standing === true && step.intended) return
    const again = (step.used && given?.used) ?? (step.intended && given?.intended) ?? false
    const livesMs = id.startsWith(standingPrefix) ? standingMsMax : approvalMsMax
    const unread = this.#unreadUntil !== undefined && Date.parse(at) - livesMs <= this.#unreadUntil
    if (given === undefined && unread) return
    if (given === undefined || again) {
      const why = again ? 'is used a second time' : 'has not been given'
      this.#alarm('approval-not-given', index, act, `the approval that the act names ${why}`)
      return
    }
    const next = { ...given, ...step }
    if (next.used && next.intended) this.#approvals.delete(id)
    else this.#approvals.set(id, next)
  }

  #ruling({ what, digests, at }: RulingLeaf): void {
    for (const digest of digests) {
      if (what === 'recall' || what === 'suspension') this.#stop(digest, Date.parse(at))
      if (what === 'reinstatement') this.#stopped.delete(digest)
    }
    for (const oldest of this.#stopped.keys()) {
      if (this.#stopped.size <= rememberedMax) break
      this.#stopped.delete(oldest)
    }
  }

  /** The first word counts: a recall that is repeated gives no new time. */
  #stop(digest: string, at: number): void {
    if (!this.#stopped.has(digest)) this.#stopped.set(digest, at)
  }

  #late({ index, act, at }: OpenIntent): void {
    const since = new Date(at).toISOString()
    this.#alarm('intent-without-outcome', index, act, `the act has had no outcome since ${since}`)
  }

  #alarm(code: LeafAlarm['code'], index: number, act: string, what: string): void {
    this.alarms.push({ code, index, act, what })
  }
}
