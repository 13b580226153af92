import type { Profile } from '@ambit/core/record'
import type { CapabilityView, RecordView } from '@ambit/sdk/records'
import { cell, difference, shown, table } from '../text.ts'
import { aboutText, interfacesText } from './about-text.ts'

/** A record as people read it: what it is, what it can do, what waits for an operator. */
export function recordText(view: RecordView): string {
  const { summary } = view
  const parts = [aboutText(view), interfacesText(view)].filter((part) => part !== '')
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
