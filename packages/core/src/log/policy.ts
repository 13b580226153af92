import { equalBytes } from '../bytes.ts'
import { openNote, parseVkey } from './note.ts'
import type { KeyKind, NoteVerifier, Parsed } from './note.ts'
import { parseCheckpointText, parseCount } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'

/*
 * Whom to believe about a log (c2sp.org/tlog-policy): the logs' keys, the witnesses' keys, and how many of them must have
 * cosigned.
 */

export interface PolicyLog {
  /** Its name is the origin of the log. */
  readonly key: NoteVerifier
  readonly url?: string
}

export interface PolicyWitness {
  /** Name inside the policy; the key has its own. */
  readonly name: string
  readonly key: NoteVerifier
  /** Where `add-checkpoint` stands below (c2sp.org/tlog-witness). */
  readonly url?: string
}

export interface PolicyGroup {
  readonly name: string
  /** So many members must have cosigned, at least one. */
  readonly threshold: number
  /** Witnesses and groups that stand before this one. */
  readonly members: readonly string[]
}

export interface LogPolicy {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  /** Name of a witness or group, or `none`. */
  readonly quorum: string
}

/** The quorum that asks for no cosignature. */
export const noQuorum = 'none'

/** A policy of many ML-DSA-44 keys, each of 1,751 characters, stays below. */
const policyCharactersMax = 1_000_000
/** Each of logs, witnesses and groups; the format asks for at least 32. */
const entriesMax = 256

const logKinds: readonly KeyKind[] = ['ed25519', 'ml-dsa-44']
const witnessKinds: readonly KeyKind[] = ['cosignature', 'ml-dsa-44']

/**
 * Reads a policy. What is wrong is named with the number of its line, from 1. The text is UTF-8, as the format recommends;
 * names are compared as they are written.
 */
export async function parsePolicy(text: string): Promise<Parsed<'policy', LogPolicy>> {
  if (text.length > policyCharactersMax) return no('the policy is too long')
  const draft: Draft = {
    logs: [],
    witnesses: [],
    groups: [],
    quorum: undefined,
    names: new Set(),
    used: new Set(),
  }
  const lines = text.split('\n')
  const rest = lines.pop()
  for (const [at, line] of lines.entries()) {
    const wrong = await readLine(draft, line)
    if (wrong !== undefined) return no(`line ${at + 1}: ${wrong}`)
  }
  // A policy that was cut off may still read well, and mean less.
  if (rest !== '') return no(`line ${lines.length + 1}: the line does not end with a newline`)
  const { logs, witnesses, groups, quorum } = draft
  if (quorum === undefined) return no('the policy has no quorum line')
  return { ok: true, policy: { logs, witnesses, groups, quorum } }
}

/** Writes a policy in the plainest form: logs, witnesses, groups and the quorum, a line each. */
export function formatPolicy({ logs, witnesses, groups, quorum }: LogPolicy): string {
  const lines = [
    ...logs.map(({ key, url }) => ['log', key.vkey, url]),
    ...witnesses.map(({ name, key, url }) => ['witness', name, key.vkey, url]),
    ...groups.map(({ name, threshold, members }) => ['group', name, rule(threshold, members), ...members]),
    ['quorum', quorum],
  ]
  return lines.map((items) => `${items.filter((item) => item !== undefined).join(' ')}\n`).join('')
}

function rule(threshold: number, members: readonly string[]): string {
  if (threshold === members.length) return 'all'
  return threshold === 1 ? 'any' : String(threshold)
}

interface Draft {
  readonly logs: PolicyLog[]
  readonly witnesses: PolicyWitness[]
  readonly groups: PolicyGroup[]
  quorum: string | undefined
  readonly names: Set<string>
  /** Names that are members of a group already. */
  readonly used: Set<string>
}

/** Takes one line into the draft; gives what is wrong with it. */
async function readLine(draft: Draft, line: string): Promise<string | undefined> {
  if (!line.isWellFormed()) return 'it holds half a character'
  if (hasControlCharacter(line)) return 'it holds a control character'
  const [keyword = '', ...items] = line.split(/[ \t]+/).filter((item) => item !== '')
  if (keyword === '' || keyword.startsWith('#')) return undefined
  if (keyword === 'log') return readLog(draft, items)
  if (keyword === 'witness') return readWitness(draft, items)
  if (keyword === 'group') return readGroup(draft, items)
  if (keyword === 'quorum') return readQuorum(draft, items)
  return 'it begins with none of log, witness, group and quorum'
}

/** The format allows the tab only. */
function hasControlCharacter(line: string): boolean {
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true
  }
  return false
}

async function readLog(draft: Draft, items: readonly string[]): Promise<string | undefined> {
  const [vkey, url] = items
  if (vkey === undefined || items.length > 2) return 'a log line reads: log <vkey> [<url>]'
  const key = await parseVkey(vkey)
  if (!key.ok) return key.reason
  if (!logKinds.includes(key.verifier.kind))
    return 'a log signs with Ed25519 or ML-DSA-44, not with a cosignature key'
  if (holds(draft.logs, key.verifier)) return 'the key of this log stands on another log line'
  if (draft.logs.length === entriesMax) return `a policy has at most ${entriesMax} logs`
  draft.logs.push({ key: key.verifier, ...(url === undefined ? {} : { url }) })
  return undefined
}

async function readWitness(draft: Draft, items: readonly string[]): Promise<string | undefined> {
  const [name, vkey, url] = items
  if (name === undefined || vkey === undefined || items.length > 3) {
    return 'a witness line reads: witness <name> <vkey> [<url>]'
  }
  const key = await parseVkey(vkey)
  if (!key.ok) return key.reason
  if (!witnessKinds.includes(key.verifier.kind))
    return 'the key of a witness is of a kind that does not cosign'
  if (holds(draft.witnesses, key.verifier)) return 'the key of this witness stands on another witness line'
  if (draft.witnesses.length === entriesMax) return `a policy has at most ${entriesMax} witnesses`
  const taken = define(draft, name)
  if (taken !== undefined) return taken
  draft.witnesses.push({ name, key: key.verifier, ...(url === undefined ? {} : { url }) })
  return undefined
}

function readGroup(draft: Draft, items: readonly string[]): string | undefined {
  const [name, how, ...members] = items
  if (name === undefined || how === undefined || members.length === 0) {
    return 'a group line reads: group <name> all|any|<number> <name>...'
  }
  const threshold = how === 'all' ? members.length : how === 'any' ? 1 : parseCount(how)
  if (threshold === undefined) return 'a group asks for all, any or a number of its members'
  if (threshold < 1 || threshold > members.length) {
    return `a group of ${members.length} cannot ask for ${threshold} of its members`
  }
  for (const member of members) {
    if (!draft.names.has(member)) return `no witness or group before this line is called ${member}`
    if (draft.used.has(member)) return `${member} is a member of a group already`
    draft.used.add(member)
  }
  if (draft.groups.length === entriesMax) return `a policy has at most ${entriesMax} groups`
  const taken = define(draft, name)
  if (taken !== undefined) return taken
  draft.groups.push({ name, threshold, members })
  return undefined
}

function readQuorum(draft: Draft, items: readonly string[]): string | undefined {
  const [name] = items
  if (name === undefined || items.length > 1) return 'a quorum line reads: quorum <name>|none'
  if (draft.quorum !== undefined) return 'the policy has a quorum line already'
  if (name !== noQuorum && !draft.names.has(name)) {
    return `no witness or group before this line is called ${name}`
  }
  draft.quorum = name
  return undefined
}

function define(draft: Draft, name: string): string | undefined {
  if (name === noQuorum) return `${noQuorum} is no name that a policy may give`
  if (draft.names.has(name)) return `the name ${name} is given twice`
  draft.names.add(name)
  return undefined
}

/** One public key is one log or witness, whatever it is called and whichever kind its vkey says. */
function holds(entries: readonly { readonly key: NoteVerifier }[], { publicKey }: NoteVerifier): boolean {
  return entries.some(({ key }) => equalBytes(key.publicKey, publicKey))
}

export interface PolicyVerdict {
  readonly ok: true
  readonly checkpoint: Checkpoint
  /** The key of the log that verified. */
  readonly log: NoteVerifier
  /** The witnesses of the policy that cosigned, with the seconds since 1970 at which they did. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[]
}

/**
 * Checks a checkpoint: signed by a log of the policy whose name is its origin, and cosigned by its quorum. A bad
 * signature of any key of the policy refuses it. A cosignature without a time is not counted: it does not say that the
 * witness knew of nothing newer (c2sp.org/tlog-witness). How old a time may be is for the caller to say.
 *
 * @example
 * ```ts
 * const read = await parsePolicy(file)
 * const verdict = read.ok ? await checkPolicy(checkpoint, read.policy) : read
 * ```
 */
export async function checkPolicy(
  checkpoint: string,
  policy: LogPolicy,
): Promise<PolicyVerdict | { readonly ok: false; readonly reason: string }> {
  const origin = checkpoint.slice(0, checkpoint.indexOf('\n'))
  const logs = policy.logs.map(({ key }) => key).filter(({ name }) => name === origin)
  if (logs.length === 0) return no('the policy knows no log with the origin of the checkpoint')
  const opened = await openNote(checkpoint, [...logs, ...policy.witnesses.map(({ key }) => key)])
  if (!opened.ok) return opened
  const parsed = parseCheckpointText(opened.opened.text)
  if (!parsed.ok) return parsed
  const times = new Map(opened.opened.verified.map(({ vkey, time }) => [vkey, time ?? 0]))
  const log = logs.find(({ vkey }) => times.has(vkey))
  if (log === undefined) return no('no log of the policy signed the checkpoint')
  const witnesses = policy.witnesses
    .map(({ name, key }) => ({ name, time: times.get(key.vkey) ?? 0 }))
    .filter(({ time }) => time > 0)
  if (!reached(policy, new Set(witnesses.map(({ name }) => name)))) {
    return no(
      `the quorum ${policy.quorum} is not reached: ${witnesses.length} witnesses of the policy cosigned`,
    )
  }
  return { ok: true, checkpoint: parsed.checkpoint, log, witnesses }
}

/** Groups stand after their members, so one pass over them is enough. */
function reached({ groups, quorum }: LogPolicy, cosigned: Set<string>): boolean {
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => cosigned.has(member)).length >= threshold) cosigned.add(name)
  }
  return quorum === noQuorum || cosigned.has(quorum)
}

function no(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
