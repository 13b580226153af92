import type { Leaf } from '@ambit/core/leaf'
import type { Receipt } from '@ambit/core/receipt'
import type { ActSummary } from '../src/api/types.ts'
import { FakeLog, committed } from './fake-log.ts'
import { fakeDigest } from './fake-records.ts'

interface Told {
  readonly summary: ActSummary
  readonly arguments: unknown
  readonly approval?: string
}

/** Acts of the fake API, each written to a real little log. */
export interface FakeActs {
  readonly log: FakeLog
  readonly list: ActSummary[]
  readonly tell: (told: Told) => Promise<void>
  receipt: (act: string) => Promise<Receipt | undefined>
}

export async function fakeActs(): Promise<FakeActs> {
  const log = await FakeLog.open('ambit.example/activity')
  log.append({
    v: 1,
    kind: 'key',
    at: new Date().toISOString(),
    origin: log.signer.name,
    vkey: log.signer.vkey,
  })
  const list: ActSummary[] = []
  const indexes = new Map<string, number[]>()
  const openings = new Map<string, { index: number; field: string; salt: string; value: unknown }[]>()

  async function tell({ summary, arguments: value, approval }: Told): Promise<void> {
    list.unshift(summary)
    const { digest, salt } = await committed(value)
    const leaves = leavesOf(summary, digest, approval)
    const at = leaves.map((leaf) => log.append(leaf))
    indexes.set(summary.act, at)
    const opened = leaves.findIndex((leaf) => 'arguments' in leaf)
    openings.set(summary.act, [{ index: at[opened] ?? 0, field: 'arguments', salt, value }])
  }

  async function receipt(act: string): Promise<Receipt | undefined> {
    const at = indexes.get(act)
    return at === undefined ? undefined : await log.receipt(act, at, openings.get(act) ?? [])
  }

  const acts = { log, list, tell, receipt }
  for (const summary of beginnings()) {
    await tell({ summary, arguments: { folder: 'Inbox', limit: 20, note: '\u202esdrawkcab <b>bold</b>' } })
  }
  return acts
}

function leavesOf(
  act: ActSummary,
  argumentsDigest: `sha256:${string}`,
  approval: string | undefined,
): Leaf[] {
  const shared = { v: 1, at: act.at, act: act.act } as const
  const asked = { callers: [...act.callers], links: ['man_office'], capability: act.capability, in: act.in }
  if (act.decision === 'refuse') {
    const reasons = (act.reasons ?? []).map(({ code, rule }) => ({ code, rule }))
    const refused = { trace: act.act, rulings: 7, reasons, arguments: argumentsDigest }
    return [{ ...shared, ...asked, ...refused, kind: 'act.refused' }]
  }
  const card = fakeDigest(act.act)
  const step = { ...shared, kind: 'approval', approval: approval ?? 'apr_0', card } as const
  const steps: Leaf[] =
    act.decision === 'approved'
      ? [
          { ...step, step: 'asked' },
          { ...step, step: 'approved', person: 'per_01hzx3' },
        ]
      : []
  const intent: Leaf = {
    ...shared,
    ...asked,
    kind: 'act.intent',
    trace: act.act,
    chain: fakeDigest('chain'),
    target: fakeDigest('target'),
    definition: fakeDigest(act.capability),
    out: act.in,
    arguments: argumentsDigest,
    labels: { integrity: 2, confidentiality: 1 },
    rulings: 7,
    decision: 'allow',
    ...(act.decision === 'approved' ? { approval: approval ?? 'apr_0' } : {}),
  }
  if (act.status === undefined) return [...steps, intent]
  const outcome = {
    ...shared,
    kind: 'act.outcome',
    status: act.status,
    durationMs: act.durationMs ?? 0,
  } as const
  return [...steps, intent, { ...outcome, result: fakeDigest('result') }]
}

function beginnings(): ActSummary[] {
  const rows: [string, string, string, ActSummary['decision'], ActSummary['status'], number][] = [
    ['list_messages', 'mail-room', 'Mail room', 'allow', 'completed', 84],
    ['pay_invoice', 'payments-clerk', 'Payments clerk', 'approved', 'completed', 2310],
    ['unlock', 'door-control', 'Door control', 'refuse', undefined, 0],
    ['read_message', 'mail-room', 'Mail room', 'allow', 'completed', 61],
    ['open_invoices', 'payments-clerk', 'Payments clerk', 'allow', 'failed', 5003],
    ['list_messages', 'mail-room', 'Mail room', 'allow', 'completed', 79],
    ['read_message', 'mail-room', 'Mail room', 'allow', 'cancelled', 412],
  ]
  return rows.map(([capability, slug, title, decision, status, durationMs], at) => ({
    act: fakeDigest(`act ${at}`).slice(7, 39),
    at: new Date(Date.now() - (rows.length - at) * 400_000).toISOString(),
    callers: [at % 3 === 0 ? 'per_01hzx3' : '1.2.156.3088.0001.00001.A1B2C3.0C9F11D20.1.7F3K'],
    target: { slug, title },
    capability,
    in: slug === 'payments-clerk' ? 'a2a/1.0' : 'mcp/2026-07-28',
    decision,
    ...(status === undefined ? {} : { status, durationMs }),
    ...(decision === 'refuse' ? { reasons: [{ code: 'record.recalled', rule: 'rul_door-control_1' }] } : {}),
  }))
}
