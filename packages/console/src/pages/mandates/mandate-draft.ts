import type { Allow, AuthorityClass, Limits } from '@ambit/core/mandate'
import type { NewMandate } from '../../api/types.ts'

/** What was picked of one target: capability id (or `*`) to who decides. */
export type Picks = Readonly<Record<string, AuthorityClass | 'default'>>

export interface MandateDraft {
  readonly purpose: string
  /** Slug of the registered agent that holds it; empty: whatever client is connected. */
  readonly agent: string
  /** By slug. */
  readonly picks: Readonly<Record<string, Picks>>
  /** As typed; empty is no limit. */
  readonly callsMax: string
  readonly rateCalls: string
  readonly ratePeriodMs: number
  readonly expiresInDays: number
}

export type DraftField = 'purpose' | 'picks' | 'callsMax' | 'rateCalls'

export type DraftResult =
  | { readonly ok: true; readonly mandate: NewMandate }
  | { readonly ok: false; readonly missing: readonly DraftField[] }

export const emptyDraft: MandateDraft = {
  purpose: '',
  agent: '',
  picks: {},
  callsMax: '',
  rateCalls: '',
  ratePeriodMs: 3_600_000,
  expiresInDays: 30,
}

/** The mandate that a filled form asks for, or the fields that are not yet right. */
export function mandateOf(draft: MandateDraft): DraftResult {
  const purpose = draft.purpose.trim()
  const allow = Object.entries(draft.picks).flatMap(([target, picks]) => allowOf(target, picks))
  const calls = count(draft.callsMax)
  const rateCalls = count(draft.rateCalls)
  const missing: DraftField[] = []
  if (purpose === '') missing.push('purpose')
  if (allow.length === 0) missing.push('picks')
  if (calls === 'wrong') missing.push('callsMax')
  if (rateCalls === 'wrong') missing.push('rateCalls')
  if (missing.length > 0 || calls === 'wrong' || rateCalls === 'wrong') return { ok: false, missing }
  const limits: Limits = {
    ...(calls === undefined ? {} : { calls }),
    ...(rateCalls === undefined ? {} : { rate: { calls: rateCalls, periodMs: draft.ratePeriodMs } }),
  }
  const holder = draft.agent === '' ? {} : { agent: draft.agent }
  return { ok: true, mandate: { purpose, allow, limits, expiresInDays: draft.expiresInDays, ...holder } }
}

/** The same picks with one more, one changed, or (decision undefined) one fewer. */
export function pick(
  picks: MandateDraft['picks'],
  target: string,
  capability: string,
  decision: AuthorityClass | 'default' | undefined,
): MandateDraft['picks'] {
  const others = Object.entries(picks[target] ?? {}).filter(([each]) => each !== capability)
  const entries = decision === undefined ? others : [...others, [capability, decision] as const]
  const kept = Object.entries(picks).filter(([each]) => each !== target)
  // fromEntries defines own members whatever they are called, `__proto__` included.
  const next = entries.length === 0 ? kept : [...kept, [target, Object.fromEntries(entries)] as const]
  return Object.fromEntries(next)
}

function allowOf(target: string, picks: Picks): Allow[] {
  return Object.entries(picks).map(([capability, decision]) => ({
    target,
    capability,
    ...(decision === 'default' ? {} : { decision }),
  }))
}

function count(typed: string): number | undefined | 'wrong' {
  const text = typed.trim()
  if (text === '') return undefined
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 'wrong'
}
