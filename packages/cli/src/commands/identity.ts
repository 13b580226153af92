import { connectAmbit } from '@ambit/sdk/client'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { currentSession, forgetSession, keepSession } from '../session.ts'
import { cell, facts, keyText, shown, table, wrapped } from '../text.ts'

/** Who you are to the node, and how the node is. */
export function identityCommands(program: Command, context: Context): void {
  context
    .command(
      program,
      'login <link>',
      'sign in with a one-time link',
      'login "http://localhost:7100/sign-in#token=…"',
    )
    .action(async (link: string) => {
      const { url, token } = await readLink(context, link)
      const { session, me } = await connectAmbit({ url }).people.signIn(token, 'cli')
      if (session === undefined) {
        throw new Refusal('the node opened no session', 'Its version may be older than this command line.')
      }
      const path = await keepSession(context.terminal, { url, token: session })
      context.reply({
        text: `Signed in to ${url} as ${cell(me.person.name)} (${me.roles.join(', ')}).`,
        json: { url, me, session: path },
      })
    })

  context.command(program, 'logout', 'end the session of this machine', 'logout').action(async () => {
    const { url, token } = await currentSession(context.terminal)
    if (token !== undefined) await connectAmbit({ url, token }).people.signOut()
    await forgetSession(context.terminal)
    context.reply({ text: 'Signed out.', json: { url } })
  })

  context.command(program, 'whoami', 'say who is signed in', 'whoami').action(async () => {
    const ambit = await context.ambit()
    const me = await ambit.people.me()
    context.reply({
      text: facts([
        ['person', `${cell(me.person.name)} (${me.person.id})`],
        ['organization', `${cell(me.organization.name)} (${me.organization.id})`],
        ['roles', me.roles.join(', ')],
        ['by', me.by === 'session' ? 'session' : 'API token (may not decide approvals)'],
        ['node', ambit.url],
      ]),
      json: { ...me, url: ambit.url },
    })
  })

  context.command(program, 'status', 'say how the node is', 'status').action(async () => {
    const ambit = await context.ambit()
    const status = await ambit.status()
    const logs = status.ledgers.map((log) =>
      facts([
        ['log', cell(log.origin)],
        ['state', cell(log.state)],
        ['entries', `${log.size}, ${log.publishedSize} of them published`],
        ['key', keyText(log.vkey)],
      ]),
    )
    const warnings = status.warnings.map((warning) => wrapped(`Warning: ${shown(warning)}`))
    const text = [
      ...(warnings.length === 0 ? [] : [...warnings, '']),
      facts([
        ['node', ambit.url],
        ['enforces', status.enforcing ? undefined : 'nothing: it only observes'],
        ['version', cell(status.version)],
        ['store', cell(status.engine)],
        ['up', `${Math.floor(status.uptimeS)} s`],
        ['acts under way', String(status.inFlight)],
        ['approvals waiting', String(status.pendingApprovals)],
      ]),
      '',
      logs.join('\n\n'),
    ]
    if (status.upstreams.length > 0) {
      const resting = status.upstreams.map((upstream) => [
        cell(upstream.record),
        String(upstream.failures),
        cell(upstream.reason ?? ''),
        `${Math.ceil(upstream.retryAfterMs / 1000)} s`,
      ])
      text.push('', table(['given a rest', 'failures', 'at last', 'tried again in'], resting))
    }
    context.reply({ text: text.join('\n'), json: status })
  })
}

/** A sign-in link carries its token after `#` or `?`; a bare token goes to the current node. */
async function readLink(context: Context, link: string): Promise<{ url: string; token: string }> {
  if (!URL.canParse(link)) return { url: (await currentSession(context.terminal)).url, token: link }
  const url = new URL(link)
  const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? url.searchParams.get('token')
  if (token === null || !/^https?:$/.test(url.protocol)) {
    throw new Refusal(
      'that link carries no token',
      'Use the whole link as the node printed it, in quotes: a shell cuts it at `#` or `&` otherwise.',
    )
  }
  return { url: url.origin, token }
}
