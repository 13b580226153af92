import '../receipts/jitless.ts'
import { utf8 } from '@ambit/core/bytes'
import { leafSchema } from '@ambit/core/leaf'
import type { Leaf } from '@ambit/core/leaf'
import { openCheckpoint, parseCheckpoint } from '@ambit/core/log/checkpoint'
import { parseVkey } from '@ambit/core/log/note'
import { checkPolicy, parsePolicy } from '@ambit/core/log/policy'
import type { LogPolicy } from '@ambit/core/log/policy'
import { parseProof, verifyProof } from '@ambit/core/log/proof'
import { verifyPromise } from '@ambit/core/promise'
import { verifyReceipt } from '@ambit/core/receipt'
import type { Evidence, Examined, Witness } from './examined.ts'

/*
 * Checks what a person brings, in this browser and with nothing else. All of it may be made by an attacker: whatever is
 * wrong with it is an answer.
 */

/** A receipt with contents opened; anything longer is no receipt. */
const charactersMax = 32 * 1024 * 1024
const proofStart = 'c2sp.org/tlog-proof@'

/** Whose keys count; undefined where the person named none. */
interface Trust {
  readonly vkeys: readonly string[] | undefined
  readonly policy: LogPolicy | undefined
}

export async function examine({ document, trust: trustText, entry }: Evidence): Promise<Examined> {
  const text = document.trim()
  if (document.length > charactersMax) return { kind: 'unreadable', why: 'too-long' }
  const trust = await readTrust(trustText)
  if (typeof trust === 'string') return { kind: 'unreadable', why: 'trust', detail: trust }
  if (text.startsWith(proofStart)) return await examineProof(document.trimStart(), trust, entry)
  const given = documentIn(text)
  if (given === undefined) return { kind: 'unreadable', why: 'unknown' }
  return given.type === 'promise'
    ? await examinePromise(given.value, trust)
    : await examineReceipt(given.value, trust)
}

async function readTrust(text: string): Promise<Trust | string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) return { vkeys: undefined, policy: undefined }
  if (lines.some((line) => /^\s*(log|witness|group|quorum)\s/.test(line))) {
    const parsed = await parsePolicy(`${lines.join('\n')}\n`)
    return parsed.ok ? { vkeys: undefined, policy: parsed.policy } : parsed.reason
  }
  const vkeys = lines.map((line) => line.trim())
  for (const vkey of vkeys) {
    const parsed = await parseVkey(vkey)
    if (!parsed.ok) return parsed.reason
  }
  return { vkeys, policy: undefined }
}

interface Given {
  readonly type: 'receipt' | 'promise'
  readonly value: unknown
}

/** A receipt or promise, bare or inside what an answer carries. */
function documentIn(text: string): Given | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Not JSON, so none of the documents that are.
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const members = value as Readonly<Record<string, unknown>>
  const type = members['type']
  if (type === 'receipt' || type === 'promise') return { type, value }
  if (members['receipt'] !== undefined) return { type: 'receipt', value: members['receipt'] }
  return members['promise'] === undefined ? undefined : { type: 'promise', value: members['promise'] }
}

function options({ vkeys, policy }: Trust) {
  return { ...(vkeys === undefined ? {} : { vkeys }), ...(policy === undefined ? {} : { policy }) }
}

async function examineReceipt(receipt: unknown, trust: Trust): Promise<Examined> {
  const verdict = await verifyReceipt(receipt, options(trust))
  if (!verdict.ok) return { kind: 'bad', what: 'receipt', ...verdict }
  const { openings } = receipt as { readonly openings?: readonly unknown[] }
  return { kind: 'receipt', verified: verdict, receipt, openings: openings?.length ?? 0 }
}

async function examinePromise(promise: unknown, { vkeys, policy }: Trust): Promise<Examined> {
  const keys = vkeys ?? policy?.logs.map(({ key }) => key.vkey)
  const verdict = await verifyPromise(promise, keys === undefined ? {} : { vkeys: keys })
  if (!verdict.ok) return { kind: 'bad', what: 'promise', ...verdict }
  return { kind: 'promise', promise: verdict.promise, keyPinned: verdict.keyPinned, dueAt: verdict.dueAt }
}

/** A proof file carries neither a key nor the entry; without the one nothing is checked, without the other little. */
async function examineProof(text: string, trust: Trust, entry: string): Promise<Examined> {
  const parsed = parseProof(text)
  if (!parsed.ok) return { kind: 'bad', what: 'proof', reason: parsed.reason }
  const { index, checkpoint } = parsed.proof
  const key = trust.policy ?? keyFor(checkpoint, trust.vkeys)
  if (key === undefined) return { kind: 'unreadable', why: 'proof-key' }
  if (entry === '') {
    const head = await openHead(checkpoint, key)
    return head.ok
      ? { kind: 'proof', index, ...head.head, leaf: undefined, included: false }
      : { kind: 'bad', what: 'proof', reason: head.reason }
  }
  const verdict = await verifyProof(text, { entry: utf8(entry) }, key)
  if (!verdict.ok) return { kind: 'bad', what: 'proof', reason: verdict.reason }
  const { origin, size, witnesses } = verdict
  return { kind: 'proof', index, origin, size, witnesses, leaf: leafOf(entry), included: true }
}

/** Of the keys named, the one that is called like the log. */
function keyFor(checkpoint: string, vkeys: readonly string[] | undefined): string | undefined {
  const parsed = parseCheckpoint(checkpoint)
  const origin = parsed.ok ? parsed.checkpoint.origin : undefined
  return vkeys?.find((vkey) => vkey.startsWith(`${origin}+`)) ?? vkeys?.[0]
}

type Head =
  | {
      readonly ok: true
      readonly head: {
        readonly origin: string
        readonly size: number
        readonly witnesses: readonly Witness[]
      }
    }
  | { readonly ok: false; readonly reason: string }

async function openHead(checkpoint: string, trust: LogPolicy | string): Promise<Head> {
  if (typeof trust !== 'string') {
    const checked = await checkPolicy(checkpoint, trust)
    if (!checked.ok) return checked
    const { origin, size } = checked.checkpoint
    return { ok: true, head: { origin, size, witnesses: checked.witnesses } }
  }
  const key = await parseVkey(trust)
  const opened = key.ok ? await openCheckpoint(checkpoint, key.verifier) : key
  if (!opened.ok) return opened
  const { origin, size } = opened.checkpoint
  return { ok: true, head: { origin, size, witnesses: [] } }
}

function leafOf(entry: string): Leaf | undefined {
  try {
    return leafSchema.safeParse(JSON.parse(entry)).data
  } catch {
    // A log may hold anything; what is no JSON is no leaf of ours.
    return undefined
  }
}
