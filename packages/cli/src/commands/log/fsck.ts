import { auditTree } from '@ambit/core/log/audit'
import type { AuditReport } from '@ambit/core/log/audit'
import type { Finding } from '@ambit/core/log/finding'
import { finding } from '@ambit/core/log/finding'
import { checkpointPath } from '@ambit/core/log/source'
import type { LogSource } from '@ambit/core/log/source'
import type { Trust, Trusted } from '@ambit/core/log/trust'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { exitCodes, Refusal } from '../../refusal.ts'
import { shown } from '../../text.ts'
import { chosenTrust, openSource, readBytes, trustOf, withSource, withTrust } from './log-options.ts'
import type { SourceOptions, TrustOptions } from './log-options.ts'
import { nodeHashing } from './node-hashing.ts'

/** Entries between two lines of progress. */
const progressEntries = 65_536

interface FsckOptions extends SourceOptions, TrustOptions {
  readonly since?: string
  readonly hashesOnly?: boolean
}

/** `ambit log fsck`: reads a whole log and names everything in it that is not what its checkpoint signed. */
export function fsckCommand(log: Command, context: Context): void {
  const command = context.command(
    log,
    'fsck <url|folder>',
    'read a whole log and check everything in it: 0 sound, 1 not, 2 it could not be read',
    'log fsck http://localhost:7100/log/registry/2026h2 --vkey "example.org/registry+0a1b2c3d+AX…"',
  )
  withTrust(withSource(command))
    .option(
      '--since <checkpoint>',
      'a checkpoint you kept: check only what is new, and that the log continues it',
    )
    .option(
      '--hashes-only',
      'leave out the entries, for a log that has deleted them or shows them to others only',
    )
    .action(async (place: string, options: FsckOptions) => {
      const trust = trustOf(await chosenTrust(options))
      const source = await openSource(place, options)
      const since = options.since === undefined ? undefined : await keptHead(options.since, trust)
      const bytes = await source.read(checkpointPath)
      const trusted = bytes === undefined ? undefined : await trust(bytes)
      const report =
        trusted?.ok === true
          ? await audit(source, trusted, since, options.hashesOnly === true, context)
          : unbelieved(trusted?.reason ?? 'the log serves no checkpoint', trusted !== undefined)
      const { checkpoint } = trusted?.ok === true ? trusted : { checkpoint: undefined }
      context.reply({
        text: reportText(report, checkpoint?.size),
        json: { ...report, origin: checkpoint?.origin, size: checkpoint?.size },
        exitCode: report.ok ? exitCodes.done : exitCodes.refused,
      })
    })
}

type Believed = Extract<Trusted, { ok: true }>

async function audit(
  source: LogSource,
  { checkpoint }: Believed,
  since: Believed | undefined,
  hashesOnly: boolean,
  { terminal }: Context,
): Promise<AuditReport> {
  let told = 0
  return await auditTree({
    source,
    head: checkpoint,
    hashing: nodeHashing,
    hashesOnly,
    ...(since === undefined ? {} : { from: since.checkpoint }),
    onProgress: (checked) => {
      if (checked - told < progressEntries) return
      told = checked
      terminal.err(`${checked} of ${checkpoint.size - (since?.checkpoint.size ?? 0)} entries checked`)
    },
  })
}

async function keptHead(file: string, trust: Trust): Promise<Believed> {
  const trusted = await trust(await readBytes(file))
  if (trusted.ok) return trusted
  throw new Refusal(`${file} is not to be believed: ${trusted.reason}`, 'Give a checkpoint of this log.')
}

function unbelieved(reason: string, there: boolean): AuditReport {
  const found = finding(there ? 'signature' : 'missing', checkpointPath, reason)
  return { ok: false, checked: 0, findings: [found], complete: false }
}

function reportText(report: AuditReport, size: number | undefined): string {
  if (report.ok)
    return `Sound. Entries checked: ${report.checked}, all as the checkpoint of size ${size} signed them.`
  const rest = report.complete ? '' : '\n\nNot everything was looked at.'
  return `${findingsText(report.findings)}${rest}`
}

export function findingsText(findings: readonly Finding[]): string {
  return findings.map(({ file, what, remedy }) => `${shown(file)}: ${shown(what)}\n  ${remedy}`).join('\n')
}
