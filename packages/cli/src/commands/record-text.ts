import type { Profile } from '@ambit/core/record'
import type { CapabilityView, RecordView } from '@ambit/sdk/records'
import { cell, difference, facts, shown, table, timeCell } from '../text.ts'

/** A record as people read it: what it is, what it can do, what waits for an operator. */
export function recordText(view: RecordView): string {
  const { summary, record } = view
  const parts = [
    facts([
      ['record', `${summary.slug} ${summary.version}`],
      ['title', cell(summary.title)],
      ['state', view.state],
      ['kind', summary.kind],
      ['id', summary.id],
      ['digest', view.digest],
      ['responsible', cell(record.responsible.name)],
      ['interfaces', record.interfaces.map(interfaceText).join(', ')],
      ['tier', summary.tier],
      ['certificate', view.certificate === undefined ? undefined : certificateText(view.certificate)],
      ['draft', view.draft ? 'waits to be submitted' : undefined],
      ['remarks', view.remarks.map((remark) => shown(remark)).join('; ')],
    ]),
  ]
  if (view.capabilities.length > 0) {
    parts.push(table(['capability', 'effect', 'reversibility', 'arguments', ''], view.capabilities.map(row)))
  }
  for (const held of view.capabilities.filter((each) => each.change !== undefined)) {
    parts.push(
      `Held: ${cell(held.id)} changed upstream\n${difference(held.change?.before, held.change?.after)}`,
    )
  }
  const waiting = view.capabilities.filter((each) => !each.accepted || each.held).length
  if (waiting > 0) {
    parts.push(`${waiting} wait for an operator: \`ambit accept ${summary.slug} [capability…]\``)
  }
  return parts.join('\n\n')
}

function certificateText({ ruling, expires }: { ruling: string; expires?: string }): string {
  return expires === undefined ? ruling : `${ruling}, until ${timeCell(expires)}`
}

/** A program that the node starts has no address: its record says `stdio:`. */
function interfaceText({ protocol, url }: { readonly protocol: string; readonly url: string }): string {
  return `${protocol} ${url === 'stdio:' ? 'over stdio' : cell(url)}`
}

function row(capability: CapabilityView): string[] {
  const { profile, proposal } = capability
  const about = proposal ?? profile
  return [
    cell(capability.id),
    about.effect,
    String(about.reversibility),
    rolesText(about),
    capability.held ? 'held' : capability.accepted ? '' : 'proposed',
  ]
}

function rolesText({ roles }: Profile): string {
  return shown(
    Object.entries(roles)
      .map(([name, role]) => `${name}:${role}`)
      .join(' '),
    60,
  )
}
