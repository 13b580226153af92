import { parseArgs } from 'node:util'
import { measureChains } from './authority/chains.ts'
import { measureDecisions } from './authority/decisions.ts'
import { measurePending } from './authority/pending.ts'
import { measureRevocations } from './authority/revocations.ts'
import { verifyTime } from './authority/verify-time.ts'
import { openWorld } from './authority/world.ts'
import type { Report } from './bench.ts'

/** Entries of each link of a chain: what one agent hands to another, and what a person gives an assistant. */
const entryCounts = { few: 3, many: 20 } as const

type Row = Readonly<Record<string, string | number>>

/**
 * What authority costs: a chain of three links that was never seen and one that was, a decision under standing rules, a
 * revocation until another replica refuses, and the memory of acts that wait for a person. `--rules N`,
 * `--revocations N`, `--pending N` for other sizes; `--only chains | decisions | revocations | pending` for one of the
 * four.
 */
export async function run(args: readonly string[]): Promise<Report> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rules: { type: 'string', default: '1000' },
      revocations: { type: 'string', default: '200' },
      pending: { type: 'string', default: '10000' },
    },
  })
  const wants = (name: string) => values.only === undefined || values.only === name
  const rows: Row[] = []
  const json: Record<string, unknown> = {}
  if (wants('chains')) await chains(rows, json)
  if (wants('decisions')) await decisions(rows, json, Number(values.rules))
  if (wants('revocations')) await revocations(rows, json, Number(values.revocations))
  if (wants('pending')) await pending(rows, json, Number(values.pending))
  return { table: rows, json: { ...json, rows } }
}

async function chains(rows: Row[], json: Record<string, unknown>): Promise<void> {
  for (const entries of Object.values(entryCounts)) {
    await using world = await openWorld()
    const found = await measureChains(world, entries)
    rows.push(row(`chain of three links, ${entries} entries each`, found))
    if (entries === entryCounts.few) Object.assign(json, rounded(found))
  }
  json['verifyUs'] = rounded({ us: verifyTime() })['us']
  console.error('chains are measured')
}

async function decisions(rows: Row[], json: Record<string, unknown>, rules: number): Promise<void> {
  await using world = await openWorld()
  const found = await measureDecisions(world, rules)
  rows.push(row('decision', found))
  Object.assign(json, rounded({ decisionP50Us: found.p50Us, rules: found.rules }))
  console.error('decisions are measured')
}

async function revocations(rows: Row[], json: Record<string, unknown>, count: number): Promise<void> {
  const found = await measureRevocations(count)
  if (found !== undefined) rows.push(row('revocation at another replica', found))
  json['revokeP99Ms'] = found === undefined ? null : rounded({ ms: found.p99Ms })['ms']
  console.error('revocations are measured')
}

async function pending(rows: Row[], json: Record<string, unknown>, count: number): Promise<void> {
  const found = await measurePending(count)
  rows.push(row('acts that wait', found))
  Object.assign(json, rounded({ pendingApprovals: found.pendingApprovals, rssMb: found.rssMb }))
  console.error('acts that wait are measured')
}

function row(what: string, found: object): Row {
  return { what, ...rounded(found) }
}

/** Of an object whose members are all numbers. */
function rounded(found: object): Readonly<Record<string, number>> {
  const numbers = Object.entries(found as Readonly<Record<string, number>>)
  return Object.fromEntries(numbers.map(([name, value]) => [name, Number(value.toFixed(3))]))
}
