import type { NodeStatus } from '@ambit/sdk/client'
import type { Command } from 'commander'
import type { Context } from '../../context.ts'
import { Refusal } from '../../refusal.ts'
import { facts, keyText, shown } from '../../text.ts'

/** `ambit log status [name]`: the logs of the own node. */
export function statusCommand(log: Command, context: Context): void {
  context
    .command(
      log,
      'status [name]',
      'the logs of your node: how far they are, and their keys',
      'log status activity',
    )
    .action(async (name: string | undefined) => {
      const { ledgers } = await (await context.ambit()).status()
      const wanted = ledgers.filter(
        ({ origin }) => name === undefined || origin === name || `${origin}/`.includes(`/${name}/`),
      )
      if (wanted.length === 0) {
        const names = ledgers.map(({ origin }) => shown(origin)).join(', ')
        throw new Refusal(`the node has no log ${name}`, `It has ${names}.`)
      }
      const text = wanted.map((each) =>
        facts([
          ['log', shown(each.origin)],
          ['state', shown(each.state)],
          ['durable entries', String(each.size)],
          ['in the checkpoint', String(each.publishedSize)],
          ['reason', each.reason === undefined ? undefined : shown(each.reason)],
          ['token', tokenText(each)],
          ['witnesses', witnessText(each)],
          ['key', keyText(each.vkey)],
        ]),
      )
      context.reply({ text: text.join('\n\n'), json: { ledgers: wanted } })
    })
}

function tokenText({ token }: NodeStatus['ledgers'][number]): string | undefined {
  if (token === undefined) return undefined
  const { reason, waitingMs } = token
  const now = reason ?? (waitingMs > 0 ? `has not answered for ${Math.round(waitingMs)} ms` : 'signs')
  return `${shown(token.token)}: ${shown(now)}`
}

function witnessText({ witnessing }: NodeStatus['ledgers'][number]): string {
  if (witnessing === undefined) return 'nobody is asked to cosign'
  const names = witnessing.witnesses.map(({ name, state, size }) => `${shown(name)} (${state}, size ${size})`)
  return `${names.join(', ')}; ${witnessing.quorum ? 'quorum reached' : 'no quorum'}`
}
