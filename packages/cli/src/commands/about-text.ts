import type { RecordView } from '@ambit/sdk/records'
import type { InterfaceLiveness } from '@ambit/sdk/liveness'
import { cell, facts, table, timeCell } from '../text.ts'

/** Who made a record, who answers for it, where it runs, what it speaks and what it is certified for. */
export function aboutText(view: RecordView): string {
  const { summary, record, liveness } = view
  const { provider, responsible, deployment } = record
  return facts([
    ['record', `${summary.slug} ${summary.version}`],
    ['title', cell(summary.title)],
    ['state', view.state],
    ['taken down', view.takedown && `${timeCell(view.takedown.since)}: ${cell(view.takedown.reason)}`],
    ['kind', summary.kind],
    ['id', summary.id],
    ['digest', view.digest],
    ['made by', together(provider.organization, provider.department, provider.country, provider.contact)],
    ['answers for it', together(responsible.name, responsible.contact)],
    [
      'runs',
      deployment &&
        together(deployment.where, deployment.region, deployment.jurisdiction, deployment.runtime),
    ],
    [
      'model',
      deployment?.model &&
        together(deployment.model.name, deployment.model.version, deployment.model.filingNumber),
    ],
    ['speaks', record.interfaces.map(interfaceText).join(', ')],
    ['address', view.address && cell(view.address)],
    ['tier', summary.tier],
    ['certified', certifiedText(view)],
    ['domains proved', view.domains?.map(({ domain }) => cell(domain)).join(', ')],
    ['domains claimed', claimedText(view)],
    ['made of', view.supplies.map(supplyText).join(', ')],
    ['keys', view.keys?.map(({ key, state }) => `${cell(key)} (${state})`).join(', ')],
    [
      'certificates',
      view.certificates
        ?.map(({ serial, usage, notAfter }) => `${usage} ${serial}, until ${timeCell(notAfter)}`)
        .join('; '),
    ],
    ['answers', liveness && livenessWord(liveness)],
    ['last answered', liveness?.answered && `${timeCell(liveness.answered)} UTC`],
    ['differs', liveness?.differs.map((id) => cell(id)).join(', ')],
    ['draft', view.draft ? 'waits to be submitted' : undefined],
    ['remarks', view.remarks.map((remark) => cell(remark)).join('; ')],
  ])
}

/** How each interface answers; empty where none was asked yet. */
export function interfacesText({ liveness }: RecordView): string {
  const asked = liveness?.interfaces.filter(({ asked }) => asked !== undefined) ?? []
  if (asked.length === 0) return ''
  return table(
    ['interface', 'answers', 'last answer', '24 h', '7 days', 'p50', 'p95', ''],
    asked.map((each) => [
      interfaceText(each),
      each.state,
      timeCell(each.answered),
      percent(each.availability24h),
      percent(each.availability7d),
      milliseconds(each.latencyP50Ms),
      milliseconds(each.latencyP95Ms),
      each.problem === undefined ? '' : cell(each.problem),
    ]),
  )
}

/** A program that the node starts has no address: its record says `stdio:`. */
function interfaceText({ protocol, url }: Pick<InterfaceLiveness, 'protocol' | 'url'>): string {
  return `${protocol} ${url === 'stdio:' ? 'over stdio' : cell(url)}`
}

/** What its organisation says is its own, and has not proved. */
function claimedText({ claims }: RecordView): string {
  return claims
    .filter(({ state }) => state === 'claimed')
    .map(({ domain }) => cell(domain))
    .join(', ')
}

function supplyText({ name, version, state }: RecordView['supplies'][number]): string {
  const known = state === undefined || state === 'active' ? '' : ` (${state})`
  return `${cell(name)}${version === undefined ? '' : ` ${cell(version)}`}${known}`
}

function certifiedText({ certificate, record }: RecordView): string | undefined {
  if (certificate === undefined) return undefined
  const until = certificate.expires === undefined ? '' : `, until ${timeCell(certificate.expires)}`
  const scenarios =
    record.scenarios.length === 0 ? '' : ` for ${record.scenarios.map((each) => cell(each)).join(', ')}`
  return `version ${record.version}${scenarios} (${certificate.ruling}${until})`
}

const words = {
  unknown: 'not asked yet',
  alive: 'yes',
  failing: 'not all of it, or not every time',
  dead: 'no',
  differs: 'yes, but serves something else than was accepted',
} as const

function livenessWord({ state, since }: NonNullable<RecordView['liveness']>): string {
  return since === undefined ? words[state] : `${words[state]}, since ${timeCell(since)} UTC`
}

function together(...parts: readonly (string | undefined)[]): string {
  return parts.flatMap((part) => (part === undefined || part === '' ? [] : cell(part))).join(', ')
}

function percent(share: number | undefined): string {
  // Only what is whole is 100 %.
  return share === undefined ? '' : `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '' : `≤ ${ms} ms`
}
