import type { Chain, Limits } from '@ambit/core/mandate'
import type { Attenuation } from '@ambit/sdk/attenuate'
import { connectAmbit } from '@ambit/sdk/client'
import type { Command } from 'commander'
import { collect, parseAllow, parseCount, parseDuration, parseMoney } from '../arguments.ts'
import type { Context } from '../context.ts'
import { readDocument } from '../document.ts'
import { makeKeyFile, openKeyFile } from '../key-file.ts'
import { writePrivate } from '../private-file.ts'
import { agentKeyCommands } from './agent-keys.ts'
import { Refusal } from '../refusal.ts'
import { currentSession } from '../session.ts'

interface AttenuateOptions {
  readonly key: string
  readonly holder: string
  readonly agent?: string
  readonly purpose?: string
  readonly allow?: readonly string[]
  readonly calls?: string
  readonly money?: readonly string[]
  readonly expires?: string
  readonly depth?: string
  readonly output?: string
}

/** Mandates as their holders carry them, with keys of their own. */
export function chainCommands(program: Command, context: Context): void {
  const keys = program.command('keys').description('keys of holders and of agents')
  context
    .command(keys, 'new <file>', 'make a key and keep it in a file of yours alone', 'keys new helper.key')
    .action(async (file: string) => {
      const key = await makeKeyFile(file)
      const text = `Wrote ${file}. Its public half, for --holder:\n  ${key}`
      context.reply({ text, json: { key, written: file } })
    })
  agentKeyCommands(keys, context)

  const mandate = program
    .command('mandate')
    .description('carry a mandate: get its chain, hand it on offline, show it')
  exportCommand(mandate, context)
  attenuateCommand(mandate, context)
  presentCommand(mandate, context)
}

function exportCommand(mandate: Command, context: Context): void {
  context
    .command(
      mandate,
      'chain <id>',
      'get the signed links from the root to a mandate',
      'mandate chain m_019a… -o chain.json',
    )
    .option('-o, --output <file>', 'write it to a file')
    .action(async (id: string, { output }: { output?: string }) => {
      const ambit = await context.ambit()
      await replyChain(context, await ambit.chains.of(id), output)
    })
}

function attenuateCommand(mandate: Command, context: Context): void {
  context
    .command(
      mandate,
      'attenuate <chain-file>',
      'hand a mandate on, smaller, without asking anyone; what is left out stays as it was',
      'mandate attenuate chain.json --key mine.key --holder did:key:z6Mk… --allow "crm/read*" --expires 15m',
    )
    .requiredOption('--key <file>', 'the key that holds the last link (`ambit keys new`)')
    .requiredOption('--holder <did>', 'did:key of whoever gets it')
    .option('--agent <aic>', 'identity code of the registered agent that it is')
    .option('--purpose <text>', 'what it is for')
    .option('--allow <entry>', '<record>/<capability>[=autonomous|ask|user]', collect)
    .option('--calls <n>', 'acts in its life')
    .option('--money <amount>', 'money in its life: 50EUR', collect)
    .option('--expires <time>', 'its life from now on: 15m, 12h')
    .option('--depth <n>', 'how often it may still be handed on')
    .option('-o, --output <file>', 'write the longer chain to a file')
    .action(async (file: string, options: AttenuateOptions) => {
      const chain = await readChain(context, file)
      const signer = await openKeyFile(options.key)
      const { attenuate } = await import('@ambit/sdk/attenuate')
      const handed = await attenuate(chain, signer, wishOf(context, options))
      await replyChain(context, handed, options.output)
    })
}

function presentCommand(mandate: Command, context: Context): void {
  context
    .command(
      mandate,
      'present <chain-file>',
      'show a chain and prove its last key, for a token of a few minutes',
      'mandate present chain.json --key helper.key',
    )
    .requiredOption('--key <file>', 'the key that holds the last link')
    .option('-o, --output <file>', 'write the token to a file')
    .action(async (file: string, { key, output }: { key: string; output?: string }) => {
      const chain = await readChain(context, file)
      const signer = await openKeyFile(key)
      // Nobody needs to be signed in: whoever shows a chain proves its key, and nothing else goes with it.
      const { url } = await currentSession({
        environment: { ...context.terminal.environment, AMBIT_TOKEN: '' },
      })
      const access = await connectAmbit({ url }).chains.present(chain, signer)
      if (output !== undefined) await writePrivate(output, `${access.token}\n`)
      const life =
        `It lives ${Math.floor(access.expiresInS / 60)} minutes; show the chain again for another. ` +
        'It counts only with a proof by that key (DPoP, RFC 9449).'
      context.reply({
        text: output === undefined ? `${access.token}\n\n${life}` : `Wrote ${output}. ${life}`,
        json: output === undefined ? access : { expiresInS: access.expiresInS, written: output },
      })
    })
}

function wishOf(context: Context, options: AttenuateOptions): Attenuation {
  const { holder, agent, purpose, allow, calls, money, expires, depth } = options
  const limits: Limits = {
    ...(calls === undefined ? {} : { calls: parseCount(calls) }),
    ...(money === undefined
      ? {}
      : { money: Object.fromEntries(money.map(parseMoney).map((each) => [each.currency, each.minor])) }),
  }
  return {
    holder,
    ...(agent === undefined ? {} : { agent }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(allow === undefined ? {} : { allow: allow.map(parseAllow) }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(expires === undefined ? {} : { expires: context.terminal.now() + parseDuration(expires) }),
    ...(depth === undefined ? {} : { depthMax: parseCount(depth) }),
  }
}

async function readChain(context: Context, file: string): Promise<Chain> {
  const document = await readDocument(context.terminal, file)
  const { signedMandateSchema } = await import('@ambit/core/mandate')
  const links = Array.isArray(document) ? document.map((link) => signedMandateSchema.safeParse(link)) : []
  const chain = links.flatMap(({ data }) => (data === undefined ? [] : [data]))
  if (chain.length > 0 && chain.length === links.length) return chain
  const at = links.findIndex(({ success }) => !success)
  throw new Refusal(
    at < 0 ? `${file} holds no chain` : `link ${at} of ${file} is no signed mandate`,
    'Get one with `ambit mandate chain <id> -o <file>`.',
  )
}

/** A chain is no credential without the key of its last holder, but it says what the user allows: a file of one's own. */
async function replyChain(context: Context, chain: Chain, output: string | undefined): Promise<void> {
  if (output === undefined) {
    context.reply({ text: JSON.stringify(chain, null, 2), json: chain })
    return
  }
  await writePrivate(output, `${JSON.stringify(chain, null, 2)}\n`)
  const last = chain.at(-1)?.body.holder ?? ''
  context.reply({
    text: `Wrote ${output}: ${chain.length} link(s), held by ${last}.`,
    json: { links: chain.length, holder: last, written: output },
  })
}
