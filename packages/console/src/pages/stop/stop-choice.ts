import type { StopOrder } from '../../api/stops.ts'
import type { Me } from '../../api/types.ts'
import type { Dictionary } from '../../i18n/en.ts'
import { visibleString } from '../../ui/visible-text.ts'

/** What somebody may stop from where they are: everything they may, one agent, or one mandate. */
export type StopSubject =
  | { readonly kind: 'any' }
  | { readonly kind: 'agent'; readonly slug: string; readonly title: string }
  | { readonly kind: 'mandate'; readonly id: string }

export interface StopChoice {
  readonly order: StopOrder
  readonly word: string
  readonly help: string
}

/** From the narrowest to the widest; an owner may stop for everybody. */
export function stopChoices(subject: StopSubject, me: Me, text: Dictionary): readonly StopChoice[] {
  const owner = me.roles.includes('owner')
  const organization = visibleString(me.organization.name, 60)
  switch (subject.kind) {
    case 'any': {
      const mine = { order: { what: 'person' }, word: text.stop.mine, help: text.stop.mineHelp } as const
      const everything = {
        order: { what: 'everything' },
        word: text.stop.everything(organization),
        help: text.stop.everythingHelp,
      } as const
      return owner ? [mine, everything] : [mine]
    }
    case 'agent': {
      const order = { what: 'agent', subject: subject.slug } as const
      const mine = { order, word: text.stop.agentMine, help: text.stop.agentMineHelp }
      const all = {
        order: { ...order, scope: 'organization' },
        word: text.stop.agentAll(organization),
        help: text.stop.agentAllHelp,
      } as const
      return owner ? [mine, all] : [mine]
    }
    default:
      return [{ order: { what: 'mandate', subject: subject.id }, word: text.stop.mandateTitle, help: '' }]
  }
}

export function stopTitle(subject: StopSubject, text: Dictionary): string {
  if (subject.kind === 'agent') return text.stop.agentTitle(visibleString(subject.title, 80))
  return subject.kind === 'mandate' ? text.stop.mandateTitle : text.stop.title
}
