import { canonicalJson } from '@ambit/core/canonical'
import { Fault } from '@ambit/core/fault'
import type { ApprovalLeaf } from '@ambit/core/leaf'
import type { Inverse } from '@ambit/core/record'
import type { Authentication } from '../authority/authority.ts'
import type { Contents } from '../contents/contents.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import { namedId } from '../kernel/ids.ts'
import type { Ids } from '../kernel/ids.ts'
import type { LeafWriter } from '../kernel/leaf-writer.ts'
import type { Caller } from '../kernel/route.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import { inverseOf } from './fold.ts'
import { inverseArguments, needsContents, readResult, saysFailed } from './inverse.ts'
import type { Journal } from './journal.ts'
import type { JournalRow } from './journal-row.ts'
import type { JournalReader, JournalWriter } from './journal-store.ts'

type Holder = Extract<Authentication, { readonly ok: true }>['holder']

/** The act that undoes another, to be judged and performed like any. */
export interface UndoingAct {
  readonly act: string
  /** The act that is undone; parent of this one. */
  readonly undoes: string
  readonly trace: string
  readonly holder: Holder
  readonly target: Target
  readonly capability: TargetCapability
  readonly arguments: unknown
  /**
   * Where the person said so in a session, that answers what would be asked: writes so into the log and gives the id
   * of that approval. A refusal stands.
   */
  readonly approve: (() => Promise<string>) | undefined
}

/** What came of it; `asked`: a person must say so in a session. */
export type UndoingEnd =
  | { readonly status: 'completed'; readonly result: unknown }
  | {
      readonly status: 'failed' | 'cancelled' | 'unknown' | 'refused' | 'asked'
      readonly code: string
      readonly detail: string
    }

export interface UndoParts {
  readonly journal: Pick<Journal, 'current'>
  readonly store: JournalReader & JournalWriter
  readonly contents: Pick<Contents, 'read'>
  /** The record one of whose versions has that digest, in its newest state. */
  readonly target: (digest: string) => Target | undefined
  /** Who holds the mandates that an act was done under; undefined once they are over or revoked. */
  readonly holderOf: (links: readonly string[]) => Promise<Holder | undefined>
  readonly veto: (caller: Caller, approval: string) => Promise<void>
  /** The gateway's; never rejects. */
  readonly perform: (act: UndoingAct) => Promise<UndoingEnd>
  /** The activity log. */
  readonly leaves: LeafWriter
  readonly clock: Clock
  readonly ids: Ids
}

export interface Undone {
  readonly act: string
  readonly state: 'undone' | 'vetoed'
  /** The act that undid it. */
  readonly by?: string
}

/** Undoes of one trace at a time. */
const ofTraceMax = 100
/** An undo that was begun so long ago and is neither done nor failed was cut off: no act takes as long. */
const cutOffMs = 15 * 60_000

/**
 * Undoes an act on the word of its person, or of an owner: vetoes what is still held, else performs the declared
 * inverse as a new act under the same mandates. Throws `act.unknown` and `undo.*`.
 */
export async function undo(parts: UndoParts, caller: Caller, act: string): Promise<Undone> {
  await parts.journal.current()
  const row = await parts.store.find(act)
  if (row === undefined || row.organization !== caller.organization) throw unknownAct(act)
  return await undoRow(parts, caller, row)
}

export interface UndoneTrace {
  readonly undone: readonly Undone[]
  /** Where it stopped; nothing older was touched. */
  readonly failed?: { readonly act: string; readonly fault: Fault }
}

/** Undoes all that one task did, the newest first, and stops where something cannot be undone. */
export async function undoTrace(parts: UndoParts, caller: Caller, trace: string): Promise<UndoneTrace> {
  await parts.journal.current()
  const all = await parts.store.ofTrace(caller.organization, trace, ofTraceMax)
  const rows = all.filter((row) => row.undoes === null && (row.state === 'done' || row.state === 'held'))
  const mine = rows.filter((row) => row.undo_state !== 'undone' && mayUndo(caller, row))
  if (all.every((row) => !mayUndo(caller, row))) throw unknownAct(trace)
  const undone: Undone[] = []
  for (const row of mine) {
    try {
      undone.push(await undoRow(parts, caller, row))
    } catch (error) {
      return { undone, failed: { act: row.act, fault: Fault.from(error) } }
    }
  }
  return { undone }
}

async function undoRow(parts: UndoParts, caller: Caller, row: JournalRow): Promise<Undone> {
  if (!mayUndo(caller, row)) {
    throw new Fault('undo.not-yours', { detail: 'it was done in the name of another person', where: row.act })
  }
  if (row.state === 'held' && row.approval !== null) {
    await parts.veto(caller, row.approval)
    return { act: row.act, state: 'vetoed' }
  }
  await settleCutOff(parts, row)
  const inverse = undoable(parts, row)
  const undoing = await undoingOf(parts, caller, row, inverse)
  if (!(await parts.store.beginUndo(row.act, undoing.act, parts.clock.now()))) {
    throw new Fault('undo.done', { detail: 'somebody was faster', where: row.act })
  }
  await perform(parts, row, undoing)
  return { act: row.act, state: 'undone', by: undoing.act }
}

function mayUndo(caller: Caller, row: JournalRow): boolean {
  return row.person === caller.person || caller.roles.includes('owner')
}

/** An undo that was cut off between its end and saying so: the log knows how it went. */
async function settleCutOff({ store, clock }: UndoParts, row: JournalRow): Promise<void> {
  if (row.undo_state !== 'undoing' || row.undone_by === null) return
  if (clock.now() - (row.undo_at ?? 0) < cutOffMs) return
  const undoing = await store.find(row.undone_by)
  const state = undoing?.state === 'done' ? 'undone' : undoing?.state === 'unknown' ? 'unknown' : null
  await store.endUndo(row.act, row.undone_by, state)
}

/** The declared inverse, where it may be used now. */
function undoable({ clock }: UndoParts, row: JournalRow): Inverse {
  const where = row.act
  if (row.undo_state === 'undone') throw new Fault('undo.done', { detail: 'it was undone', where })
  if (row.undo_state === 'unknown') {
    throw new Fault('undo.done', { detail: 'an undo was sent, and it is not known what came of it', where })
  }
  if (row.state !== 'done') throw new Fault('undo.not-done', { detail: `its state is ${row.state}`, where })
  if (row.reversibility === 3) {
    throw new Fault('undo.no-inverse', {
      detail: 'it was irreversible, which is why it was asked first',
      where,
    })
  }
  const inverse = inverseOf(row)
  if (inverse === undefined) {
    throw new Fault('undo.no-inverse', { detail: 'its record names nothing that undoes it', where })
  }
  if (row.undo_until === row.at) {
    throw new Fault('undo.contents-gone', { detail: 'this node does not keep what is said in acts', where })
  }
  if (row.undo_until !== null && row.undo_until <= clock.now()) {
    throw new Fault('undo.too-late', { detail: 'what was said in it is not kept any more', where })
  }
  return inverse
}

async function undoingOf(
  parts: UndoParts,
  caller: Caller,
  row: JournalRow,
  inverse: Inverse,
): Promise<UndoingAct> {
  const target = parts.target(row.target)
  const capability = target?.capabilities.get(inverse.capability)
  if (target === undefined || capability === undefined) {
    throw failed(row, 'its record does not offer any more what would undo it')
  }
  const holder = await parts.holderOf(JSON.parse(row.links) as string[])
  if (holder === undefined) throw failed(row, 'the mandate it was done under is over or revoked')
  const originals = needsContents(inverse)
    ? await originalsOf(parts, row)
    : { arguments: undefined, result: undefined }
  const made = inverseArguments(inverse, originals)
  if (typeof made === 'string') throw failed(row, `there is no \`${made}\` in what was said in it`)
  const act = parts.ids.next()
  return {
    act,
    undoes: row.act,
    trace: row.trace,
    holder,
    target,
    capability,
    arguments: made,
    approve:
      caller.by === 'session'
        ? async () => await approveUndo(parts, { act, undoes: row.act, person: caller.person })
        : undefined,
  }
}

/** The word of the person; what the leaf binds stands in the log beside it, so that anyone can make its digest again. */
async function approveUndo(
  { leaves, ids, clock }: UndoParts,
  word: { readonly act: string; readonly undoes: string; readonly person: string },
): Promise<string> {
  const id = namedId(ids, 'un')
  const at = timeText(clock.now())
  const leaf: ApprovalLeaf = {
    v: 1,
    kind: 'approval',
    at,
    approval: id,
    act: word.act,
    step: 'approved',
    card: digestValue({ v: 1, type: 'undo', ...word, at }),
    person: word.person,
  }
  await leaves.write(canonicalJson(leaf))
  return id
}

async function originalsOf({ contents }: UndoParts, row: JournalRow) {
  const { act, person, at, ended } = row
  let fields
  try {
    ;({ fields } = await contents.read({ person, act, from: at, to: ended ?? undefined }))
  } catch (error) {
    if (!Fault.is(error) || error.code !== 'contents.erased') throw error
    throw new Fault('undo.contents-gone', { detail: 'they were erased', where: act, cause: error })
  }
  const given = fields.get('arguments')
  const result = fields.get('result')
  if (!(given instanceof Buffer)) {
    throw new Fault('undo.contents-gone', { detail: 'what was said in it is not kept', where: act })
  }
  const answer = result instanceof Buffer ? readResult(result.toString('utf8')) : undefined
  if (saysFailed(answer)) {
    throw new Fault('undo.not-done', { detail: 'the server itself said that it failed', where: act })
  }
  return { arguments: JSON.parse(given.toString('utf8')) as unknown, result: answer }
}

async function perform({ store, perform: send }: UndoParts, row: JournalRow, undoing: UndoingAct) {
  const end = await send(undoing)
  const isUndone = end.status === 'completed' && !saysFailed(end.result)
  await store.endUndo(row.act, undoing.act, isUndone ? 'undone' : end.status === 'unknown' ? 'unknown' : null)
  if (isUndone) return
  if (end.status === 'completed') throw failed(row, 'the server says that it did not do it', undoing.act)
  if (end.status === 'asked') throw new Fault('undo.session', { detail: end.detail, where: row.act })
  throw failed(row, `${end.detail} (${end.code})`, undoing.act)
}

function failed({ act }: JournalRow, detail: string, by?: string): Fault {
  return new Fault('undo.failed', { detail, where: act, ...(by === undefined ? {} : { extra: { by } }) })
}

function unknownAct(id: string): Fault {
  return new Fault('act.unknown', { detail: 'nothing of that id was done here', where: id.slice(0, 64) })
}
