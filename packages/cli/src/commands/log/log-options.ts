import { readFile, stat } from 'node:fs/promises'
import { parseVkey } from '@ambit/core/log/note'
import type { NoteVerifier } from '@ambit/core/log/note'
import { parsePolicy } from '@ambit/core/log/policy'
import type { LogPolicy } from '@ambit/core/log/policy'
import type { LogSource } from '@ambit/core/log/source'
import { trustKey, trustPolicy } from '@ambit/core/log/trust'
import type { Trust } from '@ambit/core/log/trust'
import type { Command } from 'commander'
import { parseCount } from '../../arguments.ts'
import { Refusal } from '../../refusal.ts'
import { directorySource } from './directory-source.ts'
import { defaultHttpLimits, httpSource } from './http-source.ts'

export interface TrustOptions {
  readonly vkey?: string
  readonly policy?: string
}

export interface SourceOptions {
  readonly timeout?: string
  readonly tries?: string
}

/** Whom to believe: one key, or a policy with its witnesses. */
export function withTrust(command: Command): Command {
  return command
    .option('--vkey <key>', 'the key of the log, as `name+id+key`')
    .option(
      '--policy <file>',
      'a policy file: the log, its witnesses and their quorum (c2sp.org/tlog-policy)',
    )
}

export function withSource(command: Command): Command {
  return command
    .option('--timeout <seconds>', 'wait this long for one file', String(defaultHttpLimits.timeoutMs / 1000))
    .option('--tries <n>', 'ask this often for one file', String(defaultHttpLimits.tries))
}

/** The log at an address; undefined where the place is none. */
export function addressSource(place: string, options: SourceOptions): LogSource | undefined {
  const url = /^https?:\/\//i.test(place) ? URL.parse(place) : undefined
  if (url === null)
    throw new Refusal(`${place} is no address`, 'Write e.g. http://localhost:7100/log/activity/2026h2.')
  if (url === undefined) return undefined
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new Refusal('the address of a log has no name, no `?` and no `#`', 'Give the address alone.')
  }
  const timeoutMs = Math.max(1, parseCount(options.timeout ?? '20')) * 1000
  const tries = Math.max(1, parseCount(options.tries ?? String(defaultHttpLimits.tries)))
  return httpSource(url, { ...defaultHttpLimits, timeoutMs, tries })
}

/** Opens a log by its address, or by the folder that holds its public files. */
export async function openSource(place: string, options: SourceOptions): Promise<LogSource> {
  const remote = addressSource(place, options)
  if (remote !== undefined) return remote
  const folder = await stat(place).catch(() => undefined)
  if (folder?.isDirectory() !== true) {
    throw new Refusal(
      `${place} is no folder and no address`,
      'Give the address of a log, or the folder that holds its `checkpoint` and `tile/`.',
    )
  }
  return directorySource(place)
}

export type TrustChoice =
  | { readonly kind: 'key'; readonly verifier: NoteVerifier }
  | { readonly kind: 'policy'; readonly policy: LogPolicy }

/** The choice that the options make; undefined where they make none. */
export async function trustChoice(options: TrustOptions): Promise<TrustChoice | undefined> {
  if (options.vkey !== undefined && options.policy !== undefined) {
    throw new Refusal('--vkey and --policy were both given', 'Give the key alone, or a policy that names it.')
  }
  if (options.vkey !== undefined) {
    const parsed = await parseVkey(options.vkey)
    if (!parsed.ok) throw new Refusal(`--vkey cannot be read: ${parsed.reason}`, 'Write it as `name+id+key`.')
    if (parsed.verifier.kind === 'cosignature') {
      throw new Refusal(
        '--vkey is the key of a witness',
        'Give the key of the log; witnesses stand in a policy.',
      )
    }
    return { kind: 'key', verifier: parsed.verifier }
  }
  if (options.policy === undefined) return undefined
  const parsed = await parsePolicy(await readText(options.policy))
  if (parsed.ok) return { kind: 'policy', policy: parsed.policy }
  throw new Refusal(`${options.policy} is no policy: ${parsed.reason}`, 'Correct that line and try again.')
}

export async function chosenTrust(options: TrustOptions): Promise<TrustChoice> {
  const choice = await trustChoice(options)
  if (choice !== undefined) return choice
  throw new Refusal(
    'nobody is named who is to be believed',
    'Give --vkey with the key of the log, or --policy.',
  )
}

export function trustOf(choice: TrustChoice): Trust {
  return choice.kind === 'key' ? trustKey(choice.verifier) : trustPolicy(choice.policy)
}

export async function readText(path: string): Promise<string> {
  return Buffer.from(await readBytes(path)).toString('utf8')
}

export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    throw new Refusal(`${path} could not be read`, 'Check the name of the file.', error)
  }
}
