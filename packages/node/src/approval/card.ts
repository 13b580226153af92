import type { Obligation, Reason } from '@ambit/core/decision'
import { lastingLinks } from '@ambit/core/mandate-chain'
import { reasonInChinese } from '../authority/authority.ts'
import { cardArguments, longText, nameText, namedArguments, roleOf } from './card-arguments.ts'
import type { CardArgument } from './card-arguments.ts'
import { cardAmount } from './card-money.ts'
import type { CardAmount } from './card-money.ts'
import { sections, sentence } from './card-words.ts'
import type { Languages, Section } from './card-words.ts'
import type { KnownSinks } from './known-sinks.ts'
import { narrowProblem, patternOf } from './pattern.ts'
import type { Suspended } from './suspended.ts'

/** Arguments on one card; the rest is counted. */
const argumentsMax = 50

/** What whoever decides can do: this once, with other values, from now on within bounds, not, or not and never again. */
export type Alternative = 'approve' | 'edit' | 'narrow' | 'deny' | 'deny-and-stop'

/** What a person is shown. Written here from the record and its profile; what an agent wrote stands in quotes. */
export interface Card {
  readonly id: string
  readonly act: string
  /** Chance, so that the card's digest in the log tells nobody what the arguments were. */
  readonly nonce: string
  readonly asked: string
  readonly expires: string
  /** `draft`: only its subject may do it; `step`: of a plan. */
  readonly mode: 'act' | 'draft' | 'step'
  readonly agent: { readonly title: string; readonly id: string }
  /** Who acts, then each caller before, then the person. */
  readonly chain: readonly { readonly title: string; readonly id: string }[]
  readonly tool: {
    readonly title: string
    readonly target: string
    readonly effect: string
    readonly reversibility: number
  }
  readonly sentence: Languages
  /** Performed by a data plane outside of this node: the request, in the words of its client. */
  readonly elsewhere?: string
  readonly arguments: readonly CardArgument[]
  /** Arguments that are not shown because there are too many. */
  readonly hidden: number
  /** Of a call that moves money. */
  readonly amount?: CardAmount
  /** Of a call that does more than read: the kinds of data, how many bytes, and which arguments hold contents. */
  readonly leaves?: {
    readonly classes: readonly string[]
    readonly bytes: number
    readonly contents: readonly string[]
  }
  readonly undo: { readonly windowMs?: number; readonly inverse?: string }
  readonly reasons: readonly CardReason[]
  readonly obligations: readonly Obligation[]
  readonly alternatives: readonly Alternative[]
  /** What `narrow` would let through from then on: these the same, these at most as large, these whatever they are. */
  readonly narrow?: {
    readonly same: readonly string[]
    readonly atMost: readonly string[]
    readonly free: readonly string[]
  }
  readonly mandate: { readonly id: string; readonly purpose: string }
  /** The keyed hash of exactly what would be done; see `action.ts`. */
  readonly action: string
  /** The same in plain words. */
  readonly sections: readonly Section[]
}

export interface CardReason {
  readonly code: string
  readonly rule: string
  readonly what: Languages
  readonly evidence?: string
}

/** What the card says beside the act itself. */
export type CardFacts = Pick<Card, 'id' | 'nonce' | 'asked' | 'expires' | 'action' | 'mode'> & {
  readonly known: KnownSinks
  /** What the person is called. */
  readonly person: string
}

export function makeCard(suspended: Suspended, { known, person, ...facts }: CardFacts): Card {
  const { act, callers, effect, reversibility, reasons, links } = suspended
  const agentId = callers[0] ?? suspended.holder
  const agent = { title: nameText(suspended.agentTitle ?? agentId), id: agentId }
  const shown = cardArguments(suspended, known)
  const tool = {
    title: nameText(suspended.capabilityTitle),
    target: nameText(suspended.targetTitle),
    effect,
    reversibility,
  }
  const card: Omit<Card, 'sections'> = {
    ...facts,
    act,
    agent,
    chain: chainOf(suspended, person),
    tool,
    sentence: sentence(suspended.agentTitle === undefined ? undefined : agent.title, tool, suspended.held),
    ...(suspended.check === undefined ? {} : { elsewhere: nameText(suspended.check) }),
    arguments: shown.slice(0, argumentsMax),
    hidden: Math.max(0, shown.length - argumentsMax),
    ...amountOf(suspended),
    ...(effect === 'read' ? {} : { leaves: leavesOf(suspended) }),
    undo: undoOf(suspended),
    reasons: reasons.map(cardReason),
    obligations: [...(suspended.obligations ?? [])],
    alternatives: alternativesOf(suspended, facts.mode),
    ...narrowOf(suspended, facts.mode),
    mandate: { id: lastingLinks(links).at(-1) ?? '', purpose: longText(suspended.purpose ?? '') },
  }
  return { ...card, sections: sections(card) }
}

function chainOf({ callers, callerTitles, subject }: Suspended, person: string): Card['chain'] {
  return callers.map((id, at) => {
    const title = id === subject ? person : (callerTitles?.[at] ?? '')
    return { title: nameText(title === '' ? id : title), id }
  })
}

function amountOf({ profile, arguments: values }: Suspended): Pick<Card, 'amount'> {
  if (profile?.money === undefined) return {}
  return { amount: cardAmount(profile.money, namedArguments(values) ?? {}) }
}

function leavesOf(suspended: Suspended): NonNullable<Card['leaves']> {
  const names = Object.keys(namedArguments(suspended.arguments) ?? {})
  return {
    classes: (suspended.profile?.dataClasses ?? []).map(nameText),
    bytes: Buffer.byteLength(JSON.stringify(suspended.arguments) ?? ''),
    contents: names
      .filter((name) => roleOf(suspended, name) === 'content')
      .slice(0, argumentsMax)
      .map(nameText),
  }
}

function undoOf({ profile, reversibility }: Suspended): Card['undo'] {
  const { windowMs, inverse } = profile ?? {}
  return {
    ...(windowMs === undefined || reversibility !== 1 ? {} : { windowMs }),
    ...(inverse === undefined ? {} : { inverse: nameText(inverse.capability) }),
  }
}

function alternativesOf(suspended: Suspended, mode: Card['mode']): Alternative[] {
  const edits = editable(suspended) && mode !== 'step'
  const narrows = narrowProblem(suspended) === undefined && mode === 'act'
  return [
    'approve',
    ...(edits ? (['edit'] as const) : []),
    ...(narrows ? (['narrow'] as const) : []),
    'deny',
    'deny-and-stop',
  ]
}

/** Whether a person may change its values: they have names, and there is one set of them. */
export function editable(suspended: Suspended): boolean {
  const named = namedArguments(suspended.arguments)
  // What another's data plane sends cannot be changed from here.
  if (suspended.check !== undefined) return false
  return suspended.includes === undefined && named !== undefined && Object.keys(named).length > 0
}

function narrowOf(suspended: Suspended, mode: Card['mode']): Pick<Card, 'narrow'> {
  if (mode !== 'act' || narrowProblem(suspended) !== undefined) return {}
  const { fixed, atMost, free } = patternOf(suspended, [])
  return {
    narrow: {
      same: Object.keys(fixed).map(nameText),
      atMost: Object.keys(atMost).map(nameText),
      free: free.map(nameText),
    },
  }
}

function cardReason({ code, rule, what, evidence }: Reason): CardReason {
  const en = longText(what)
  return {
    code,
    rule,
    what: { en, zh: reasonInChinese(code)?.what ?? en },
    ...(evidence === undefined ? {} : { evidence: longText(evidence).replaceAll(/["“”]/g, "'") }),
  }
}
