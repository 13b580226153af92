import { z } from 'zod'
import { base64url, base64urlBytes, concatBytes, hex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { canonicalJson } from './canonical.ts'
import { sha256 } from './digest.ts'
import type { Digest } from './digest.ts'
import { leafSchema } from './leaf.ts'
import type { Leaf } from './leaf.ts'
import type { Checkpoint } from './log/checkpoint.ts'
import { hashBytes, leafHash, verifyInclusion } from './log/merkle.ts'
import { strictBase64 } from './log/note.ts'
import { bundleEntryBytesMax } from './log/tile.ts'
import { openLog } from './receipt-log.ts'
import type { LogProblem, ReceiptTrust, VerifiedLog } from './receipt-log.ts'

/** Bytes of chance in a commitment; without them nobody can try out what was committed to. */
export const saltBytes = 32
const commitmentDomain = utf8('ambit/commitment/v1\0')

/** An act has an intent, an outcome or a refusal, and the steps of its approvals. */
const leavesMax = 32
/** Arguments and result of each leaf, opened as a whole or member by member. */
const openingsMax = 256
/** What one opening may carry: the largest answer of an act that is kept whole. */
const openingCharactersMax = 16 * 1024 * 1024
const hashesMax = 63
/** Logs of half a year each: an act that lasts longer than the last of these is no act. */
const moreLogsMax = 3

const count = z.int().min(0)
const logSchema = z.strictObject({
  origin: z.string().min(1).max(300),
  vkey: z.string().max(4000),
  /** The other key that signs its checkpoints, ML-DSA-44: readers may trust either. */
  secondVkey: z.string().max(4000).optional(),
})
const checkpointSchema = z.string().max(1_000_000)
/** Which log: 0 or left out is `log`, 1 is the first of `more`. */
const logNumber = z.int().min(0).max(moreLogsMax).optional()

export const receiptSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('receipt'),
  act: z.string().min(1).max(100),
  log: logSchema,
  leaves: z
    .array(
      z.strictObject({
        log: logNumber,
        index: count,
        /** The canonical JSON text of the leaf: these bytes are what the log holds. */
        entry: z.string().max(bundleEntryBytesMax),
        /** The inclusion path, standard base64. */
        hashes: z.array(z.string().max(44)).max(hashesMax),
      }),
    )
    .min(1)
    .max(leavesMax),
  checkpoint: checkpointSchema,
  /** Logs after the first one, where an act began in one and ended in the next. */
  more: z
    .array(z.strictObject({ log: logSchema, checkpoint: checkpointSchema }))
    .min(1)
    .max(moreLogsMax)
    .optional(),
  /** Contents behind commitments of the leaves, for those entitled: each with its salt, and its text or its value. */
  openings: z
    .array(
      z.strictObject({
        log: logNumber,
        index: count,
        /** Member of the leaf that holds the commitment. */
        field: z.string().min(1).max(100),
        salt: z.string().max(64),
        value: z.unknown().optional(),
        text: z.string().max(openingCharactersMax).optional(),
      }),
    )
    .max(openingsMax)
    .optional(),
})

/** What happened, provable offline: the leaves of an act, their paths, and a checkpoint that the log signed. */
export type Receipt = z.infer<typeof receiptSchema>
export type ReceiptOpening = NonNullable<Receipt['openings']>[number]

export type ReceiptProblem =
  | LogProblem
  | 'receipt.inclusion'
  | 'receipt.leaf'
  | 'receipt.order'
  | 'receipt.opening'

/** A leaf that stands in a log. */
export interface VerifiedLeaf {
  /** Position in `logs`. */
  readonly log: number
  readonly index: number
  readonly leaf: Leaf
}

export interface VerifiedReceipt {
  readonly ok: true
  readonly act: string
  /** In the order in which they were logged. */
  readonly leaves: readonly VerifiedLeaf[]
  /** One, or more where the act began in one log and ended in the next. */
  readonly logs: readonly VerifiedLog[]
  /** Entries of the first log when it signed. */
  readonly checkpointSize: number
  /** Whether the key of each log is one that the reader named; otherwise the receipt proves only that its own keys say so. */
  readonly keyPinned: boolean
}

export type ReceiptVerdict =
  | VerifiedReceipt
  | { readonly ok: false; readonly code: ReceiptProblem; readonly reason: string; readonly where?: string }

/** A salted commitment: SHA-256 of a domain, 32 bytes of salt and the content. */
export async function commitment(salt: Uint8Array, content: Uint8Array): Promise<Digest> {
  if (salt.length !== saltBytes)
    throw new RangeError(`a salt has ${saltBytes} bytes, this one ${salt.length}`)
  return `sha256:${hex(await sha256(concatBytes(commitmentDomain, salt, content)))}`
}

/**
 * Checks a receipt without asking anyone: the signature of each checkpoint, the path of each leaf, that all leaves are
 * of one act and in order, and each opening against its commitment. With `vkeys` or a `policy`, the key of each log must
 * be among theirs, and with a `policy` its witnesses must have cosigned.
 */
export async function verifyReceipt(receipt: unknown, trust: ReceiptTrust = {}): Promise<ReceiptVerdict> {
  const parsed = receiptSchema.safeParse(receipt)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return no('receipt.malformed', issue?.message ?? 'not a receipt', issue?.path.join('.'))
  }
  const { log, checkpoint, more = [], leaves: entries, openings = [], act } = parsed.data
  const claims = [{ log, checkpoint }, ...more]
  const odd = logsProblem(parsed.data, claims)
  if (odd !== undefined) return no('receipt.malformed', odd, 'more')
  const logs: VerifiedLog[] = []
  const checkpoints: Checkpoint[] = []
  for (const [at, claim] of claims.entries()) {
    const opened = await openLog(claim, trust)
    if (!opened.ok)
      return no(opened.code, opened.reason, at === 0 ? opened.where : `more.${at - 1}.${opened.where}`)
    logs.push(opened.log)
    checkpoints.push(opened.checkpoint)
  }
  const leaves: VerifiedLeaf[] = []
  for (const [at, entry] of entries.entries()) {
    const read = await readLeaf(entry, checkpoints[entry.log ?? 0]!, `leaves.${at}`)
    if (!read.ok) return read
    leaves.push({ log: entry.log ?? 0, index: entry.index, leaf: read.leaf })
  }
  const disorder = orderProblem(act, leaves)
  if (disorder !== undefined) return no('receipt.order', disorder, 'leaves')
  for (const [at, opening] of openings.entries()) {
    const problem = await openingProblem(opening, leaves)
    if (problem !== undefined) return no('receipt.opening', problem, `openings.${at}`)
  }
  const keyPinned = logs.every((each) => each.keyPinned)
  return { ok: true, act, leaves, logs, checkpointSize: logs[0]!.size, keyPinned }
}

/** One log told as two would have two orders, and one without a leaf says nothing. */
function logsProblem(
  { leaves }: Pick<Receipt, 'leaves'>,
  claims: readonly Pick<Receipt, 'log'>[],
): string | undefined {
  if (new Set(claims.map(({ log }) => log.origin)).size < claims.length) return 'a log is named twice'
  const used = new Set(leaves.map(({ log = 0 }) => log))
  const beyond = [...used].find((log) => log >= claims.length)
  if (beyond !== undefined) return `a leaf is said to be in log ${beyond}, which the receipt does not name`
  const unused = claims.findIndex((_, at) => !used.has(at))
  return unused < 0 ? undefined : `no leaf stands in log ${unused}`
}

async function readLeaf(
  entry: Receipt['leaves'][number],
  checkpoint: Checkpoint,
  where: string,
): Promise<{ ok: true; leaf: Leaf } | Extract<ReceiptVerdict, { ok: false }>> {
  const proof: Bytes[] = []
  for (const text of entry.hashes) {
    const hash = strictBase64(text)
    if (hash?.length !== hashBytes)
      return no('receipt.malformed', 'a hash is not the base64 of 32 bytes', where)
    proof.push(hash)
  }
  const { size, root } = checkpoint
  const leaf = await leafHash(utf8(entry.entry))
  const included = await verifyInclusion({ index: entry.index, size, leaf, proof, root })
  if (!included.ok) return no('receipt.inclusion', included.reason, where)
  const json = parseCanonical(entry.entry)
  const parsed = leafSchema.safeParse(json)
  if (json === undefined) return no('receipt.leaf', 'the leaf is not canonical JSON', where)
  if (!parsed.success) return no('receipt.leaf', parsed.error.issues[0]?.message ?? 'not a leaf', where)
  return { ok: true, leaf: parsed.data }
}

/** Text that is not the canonical form of what it says could be read in two ways (a member twice), so it is refused. */
function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return canonicalJson(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

function orderProblem(act: string, leaves: readonly VerifiedLeaf[]): string | undefined {
  let last = -1
  let lastLog = 0
  let intended = false
  let ended = false
  for (const { log, index, leaf } of leaves) {
    if (log < lastLog || (log === lastLog && index <= last))
      return 'the leaves are not in the order of the log'
    if (!('act' in leaf) || leaf.act !== act) return `the leaf at ${index} is not of this act`
    if (leaf.kind === 'act.intent') {
      if (intended) return 'the act has two intents'
      if (ended) return 'the intent comes after the end of the act'
      intended = true
    } else if (leaf.kind === 'act.outcome' || leaf.kind === 'act.refused') {
      if (ended) return 'the act ends twice'
      if (leaf.kind === 'act.outcome' && !intended) return 'the outcome has no intent before it'
      ended = true
    }
    last = index
    lastLog = log
  }
  return undefined
}

async function openingProblem(
  opening: ReceiptOpening,
  leaves: readonly VerifiedLeaf[],
): Promise<string | undefined> {
  const { log = 0 } = opening
  const leaf = leaves.find((each) => each.log === log && each.index === opening.index)?.leaf
  if (leaf === undefined) return `the receipt has no leaf at ${opening.index}`
  const expected: unknown = new Map<string, unknown>(Object.entries(leaf)).get(opening.field)
  if (expected === undefined) return `the leaf has no member ${JSON.stringify(opening.field)}`
  const salt = readSalt(opening.salt)
  if (salt === undefined) return `the salt is not the base64url of ${saltBytes} bytes`
  const content = openedContent(opening)
  if (content === undefined) return 'an opening has either a text or a value that JSON can carry'
  return (await commitment(salt, content)) === expected
    ? undefined
    : 'the content is not what was committed to'
}

function openedContent(opening: ReceiptOpening): Bytes | undefined {
  const hasValue = opening.value !== undefined
  if (hasValue === (opening.text !== undefined)) return undefined
  if (opening.text !== undefined) return opening.text.isWellFormed() ? utf8(opening.text) : undefined
  try {
    return utf8(canonicalJson(opening.value))
  } catch {
    return undefined
  }
}

function readSalt(text: string): Bytes | undefined {
  try {
    const salt = base64urlBytes(text)
    return salt.length === saltBytes && base64url(salt) === text ? salt : undefined
  } catch {
    return undefined
  }
}

function no(code: ReceiptProblem, reason: string, where?: string): Extract<ReceiptVerdict, { ok: false }> {
  return { ok: false, code, reason, ...(where === undefined ? {} : { where }) }
}
