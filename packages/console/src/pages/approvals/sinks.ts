import type { ApprovalCard, CardArgument } from '../../api/approval-types.ts'

/** Acts that go to exactly the same places. */
export interface SinkGroup {
  readonly key: string
  readonly sinks: readonly CardArgument[]
  readonly cards: readonly ApprovalCard[]
}

/** A list by where its acts go, each place in the order in which it came up first. */
export function groupBySinks(cards: readonly ApprovalCard[]): SinkGroup[] {
  const groups = new Map<string, { sinks: readonly CardArgument[]; cards: ApprovalCard[] }>()
  for (const card of cards) {
    const sinks = card.arguments.filter(({ role }) => role === 'sink')
    const key = JSON.stringify(sinks.map(({ name, text }) => [name, text]))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { sinks, cards: [card] })
    else group.cards.push(card)
  }
  return [...groups].map(([key, group]) => ({ key, ...group }))
}
