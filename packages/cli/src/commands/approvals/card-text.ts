import type { ApprovalCard } from '@ambit/sdk/approvals'
import { inWords } from '../../terminal.ts'
import type { Terminal } from '../../terminal.ts'
import { cell, entry, facts, shown, table, timeCell, wrapped } from '../../text.ts'

const sentenceCharactersMax = 400
const valueCharactersMax = 400
const minuteMs = 60_000

/** One act that waits, on a few lines. */
export function cardEntry(terminal: Pick<Terminal, 'environment' | 'now'>, card: ApprovalCard): string {
  const state = card.mode === 'act' ? card.state : `${card.state} (${card.mode})`
  return entry(
    [card.id, state, endText(terminal, card)],
    shown(inWords(terminal, card.sentence), sentenceCharactersMax),
  )
}

/** The whole card. The words are Ambit's own, and the node quotes what an agent wrote; here nothing of it stays hidden. */
export function cardText(terminal: Pick<Terminal, 'environment' | 'now'>, card: ApprovalCard): string {
  const { tool, agent, mandate } = card
  // What is asked stands in the section `what` too, where there are sections.
  const asked = wrapped(shown(inWords(terminal, card.sentence)))
  const parts = card.sections.some(({ topic }) => topic === 'what') ? [] : [asked]
  for (const { topic, lines } of card.sections) {
    const words = lines.map((line) => wrapped(shown(inWords(terminal, line)), 2))
    parts.push([topics[topic], ...words].join('\n'))
  }
  parts.push(argumentsText(card))
  parts.push(
    facts([
      ['approval', `${card.id} ${card.state}`],
      ['act', card.act],
      ['agent', agent.title === agent.id ? agent.id : `${cell(agent.title)} (${agent.id})`],
      ['does', `${cell(tool.title)} of ${cell(tool.target)}`],
      ['effect', `${tool.effect}, ${reversibility[tool.reversibility]}`],
      ['mandate', `${cell(mandate.purpose)} (${mandate.id})`],
      ['needs', card.obligations.flatMap((each) => obligations[each]).join(' and ')],
      ['agreed', card.agreedBy === undefined ? undefined : `${card.agreedBy}; one more is needed`],
      [
        'decided',
        card.decidedBy === undefined ? undefined : `${card.decidedBy}, ${timeCell(card.decidedAt)}`,
      ],
      ['plan', card.plan],
      ['waits', endText(terminal, card)],
    ]),
  )
  if (card.state === 'pending') parts.push(choicesText(card))
  return parts.join('\n\n')
}

function argumentsText(card: ApprovalCard): string {
  const rows = card.arguments.map(({ name, role, text, changed }) => [
    shown(name, 24),
    role,
    changed === true ? 'changed' : '',
    shown(text, valueCharactersMax),
  ])
  const more =
    card.hidden > 0 ? [`and ${card.hidden} further argument(s) that this card has no room for`] : []
  const text = rows.length === 0 ? 'without arguments' : table(['argument', 'role', '', 'value'], rows)
  return [text, ...more].join('\n')
}

/** What could be answered, as commands. */
function choicesText({ id, alternatives }: ApprovalCard): string {
  const commands: Readonly<Record<ApprovalCard['alternatives'][number], string>> = {
    approve: `ambit approve ${id}`,
    edit: `ambit approvals edit ${id} --set name=value`,
    narrow: `ambit approvals narrow ${id}`,
    deny: `ambit deny ${id}`,
    'deny-and-stop': `ambit deny ${id} --stop agent`,
  }
  return alternatives.map((each) => `  ${commands[each]}`).join('\n')
}

/** When it is too late, or when what is held is done. */
function endText(
  terminal: Pick<Terminal, 'now'>,
  { state, due, expires }: Pick<ApprovalCard, 'state' | 'due' | 'expires'>,
): string {
  if (state === 'held' && due !== undefined) return `is done at ${timeCell(due)}${leftText(terminal, due)}`
  if (state === 'pending' || state === 'planned')
    return `until ${timeCell(expires)}${leftText(terminal, expires)}`
  return ''
}

function leftText({ now }: Pick<Terminal, 'now'>, end: string): string {
  const minutes = Math.ceil((Date.parse(end) - now()) / minuteMs)
  if (!(minutes > 0)) return ''
  return minutes < 120 ? ` (${minutes} min)` : ` (${Math.floor(minutes / 60)} h)`
}

const topics: Readonly<Record<ApprovalCard['sections'][number]['topic'], string>> = {
  who: 'who',
  what: 'what',
  to: 'to whom',
  amount: 'how much',
  data: 'which data leaves',
  undo: 'can it be undone',
  why: 'why you are asked',
}

const obligations: Readonly<Record<ApprovalCard['obligations'][number], string | []>> = {
  // Whoever reads a card has been told.
  'tell-user': [],
  'step-up': 'your passkey',
  'second-person': 'a second person',
}

const reversibility = {
  0: 'can be undone',
  1: 'can be undone for a while',
  2: 'can be made good but not undone',
  3: 'cannot be undone',
} as const
