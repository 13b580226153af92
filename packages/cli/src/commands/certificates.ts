import { readFile, writeFile } from 'node:fs/promises'
import type { AcmeCredential, CertificateUsage, CertificateView } from '@ambit/sdk/certificates'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { readObject } from '../document.ts'
import { createPrivate } from '../private-file.ts'
import { Refusal } from '../refusal.ts'
import { cell, table, timeCell } from '../text.ts'

const usages = ['clientAuth', 'serverAuth'] as const satisfies CertificateUsage[]
/** RFC 5280, section 5.3.1, as far as ACPs has them. */
const reasons = [
  'unspecified',
  'key-compromise',
  'ca-compromise',
  'affiliation-changed',
  'superseded',
  'cessation',
] as const

interface IssueOptions {
  readonly usage: CertificateUsage
  readonly csr?: string
  readonly key?: string
  readonly out?: string
}

interface ObtainOptions {
  readonly credential?: string
  readonly account: string
  readonly usage: CertificateUsage
  readonly key: string
  readonly out: string
}

/** Certificates of agents. */
export function certificateCommands(program: Command, context: Context): void {
  const list = async (record?: string) => {
    const { certificates } = await (await context.ambit()).certificates.list(record)
    context.reply({ text: listText(certificates), json: certificates })
  }
  const group = context
    .command(program, 'certificates', 'the certificates of agents: list, issue, take back', 'certificates')
    .action(async () => await list())
  context
    .command(
      group,
      'list [record]',
      'list those of a record, or the newest of all',
      'certificates list mailer',
    )
    .action(list)
  issueCommand(group, context)
  revokeCommand(group, context)
  context
    .command(
      group,
      'trust-bundle',
      'print the roots that an agent’s peers need',
      'certificates trust-bundle > roots.pem',
    )
    .action(async () => {
      const { trustBundle } = await (await context.ambit()).certificates.list()
      context.reply({ text: trustBundle.trimEnd(), json: { trustBundle } })
    })
  acmeCommands(group, context)
}

function usageOption(): Option {
  return new Option('--usage <usage>', 'to call others, or to be called')
    .choices(usages)
    .default('clientAuth')
}

function issueCommand(group: Command, context: Context): void {
  context
    .command(
      group,
      'issue <record>',
      'give a record a certificate, for a request or for a new key that is kept in a file here',
      'certificates issue mailer --key mailer.key --out mailer.pem',
    )
    .addOption(usageOption())
    .option('--csr <file>', 'a certificate request (PKCS #10, PEM)')
    .option('--key <file>', 'make a key, and keep it in this new file')
    .option('--out <file>', 'where the certificate and what stands above it go; left out, they are printed')
    .action(async (record: string, options: IssueOptions) => {
      const { certificates } = await context.ambit()
      const csr = await requestOf(options, async () => await context.ambit(), record)
      const issued = await certificates.issue(record, { usage: options.usage, csr })
      const { serial, notAfter } = issued.certificate
      if (options.out !== undefined) await writeFile(options.out, issued.chain)
      const text =
        options.out === undefined
          ? issued.chain.trimEnd()
          : `Certificate ${serial} is in ${cell(options.out)}, good until ${timeCell(notAfter)}.`
      context.reply({ text, json: issued })
    })
}

async function requestOf(
  { csr, key }: IssueOptions,
  ambit: Context['ambit'],
  record: string,
): Promise<string> {
  if ((csr === undefined) === (key === undefined))
    throw new Refusal('it is not said for which key', 'Give --csr <file>, or --key <file> for a new key.')
  if (csr !== undefined) {
    try {
      return await readFile(csr, 'utf8')
    } catch (error) {
      throw new Refusal(`${csr} could not be read`, 'Check the name.', error)
    }
  }
  const { certificateRequest } = await import('@ambit/sdk/certificate-request')
  const { summary } = await (await ambit()).records.get(record)
  const { request, privateKey } = await certificateRequest(summary.id)
  await createPrivate(key!, privateKey)
  return request
}

function revokeCommand(group: Command, context: Context): void {
  context
    .command(
      group,
      'revoke <record> [serial]',
      'take one certificate of a record back, or all of them',
      'certificates revoke mailer 5C0A… --reason key-compromise',
    )
    .addOption(new Option('--reason <reason>', 'why').choices(reasons).default('unspecified'))
    .action(
      async (
        record: string,
        serial: string | undefined,
        { reason }: { reason: (typeof reasons)[number] },
      ) => {
        const given = { ...(serial === undefined ? {} : { serial }), reason: reasons.indexOf(reason) }
        const { revoked } = await (await context.ambit()).certificates.revoke(record, given)
        context.reply({ text: `Took ${revoked} certificate(s) of ${cell(record)} back.`, json: { revoked } })
      },
    )
}

function acmeCommands(group: Command, context: Context): void {
  context
    .command(
      group,
      'acme-credential <record> <file>',
      'make what an agent gets its certificates with by itself (ACME): good once, for a day',
      'certificates acme-credential mailer mailer.acme',
    )
    .action(async (record: string, file: string) => {
      const credential = await (await context.ambit()).certificates.credential(record)
      await createPrivate(file, `${JSON.stringify(credential, null, 2)}\n`)
      const { macKey: _, ...shown } = credential
      const text = `The credential is in ${cell(file)}, good once, until ${timeCell(credential.expiresAt)}. Bring it to the agent.`
      context.reply({ text, json: { file, ...shown } })
    })
  context
    .command(
      group,
      'obtain',
      'as an agent: get a certificate by ACME, the first time with a credential, later with the account',
      'certificates obtain --credential mailer.acme --account mailer.account --key mailer.key --out mailer.pem',
    )
    .option('--credential <file>', 'of `acme-credential`; makes the account')
    .requiredOption('--account <file>', 'where the account is kept')
    .requiredOption('--key <file>', 'the new file of the new key')
    .requiredOption('--out <file>', 'where the certificate and what stands above it go')
    .addOption(usageOption())
    .action(async (options: ObtainOptions) => await obtain(context, options))
}

async function obtain(context: Context, options: ObtainOptions): Promise<void> {
  const { terminal } = context
  const { openAcmeAccount, orderCertificate } = await import('@ambit/sdk/certificate-acme')
  if (options.credential !== undefined) {
    const credential = (await readObject(terminal, options.credential)) as unknown as AcmeCredential
    await createPrivate(options.account, `${JSON.stringify(await openAcmeAccount(credential), null, 2)}\n`)
  }
  const account = (await readObject(terminal, options.account)) as unknown as Parameters<
    typeof orderCertificate
  >[0]
  const { privateKey, chain } = await orderCertificate(account, options.usage)
  await createPrivate(options.key, privateKey)
  await writeFile(options.out, chain)
  const { aic } = account
  const text = `The certificate of ${cell(aic)} is in ${cell(options.out)}, its key in ${cell(options.key)}.`
  context.reply({ text, json: { aic, certificate: options.out, key: options.key } })
}

function listText(certificates: readonly CertificateView[]): string {
  if (certificates.length === 0) return 'None.'
  const rows = certificates.map(({ serial, record, usage, notAfter, holds, revoked }) => [
    serial,
    cell(record),
    usage,
    holds ? `until ${timeCell(notAfter)}` : revoked === undefined ? 'ended' : `revoked ${timeCell(revoked)}`,
  ])
  return table(['serial', 'record', 'for', 'holds'], rows)
}
