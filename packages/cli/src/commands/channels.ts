import type { Channel, ChannelList, ChannelTopic, QuietHours } from '@ambit/sdk/channels'
import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, entry, facts, shown, timeCell } from '../text.ts'

const topics = ['asked', 'held', 'ended', 'feed', 'notices'] as const satisfies ChannelTopic[]
const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const secretCharactersMax = 200

interface WishOptions {
  readonly tell?: readonly ChannelTopic[]
  readonly quiet?: string
  readonly days?: string
  readonly zone?: string
  readonly anytime?: true
}

/** How you are told of what waits for you. */
export function channelCommands(program: Command, context: Context): void {
  const list = async () => {
    const ambit = await context.ambit()
    const channels = await ambit.channels.list()
    context.reply({ text: channelsText(channels), json: channels })
  }
  const group = context
    .command(program, 'channels', 'say how you are told of what waits for you, and change it', 'channels')
    .action(list)
  context.command(group, 'list', 'list them', 'channels list').action(list)
  wishCommand(group, context)
  context
    .command(
      group,
      'webhook <url>',
      'be told by a signed request to this address',
      'channels webhook https://example.org/ambit --label chat',
    )
    .option('--label <text>', 'what you call it', 'webhook')
    .action(async (url: string, { label }: { label: string }) => {
      await needSession(context.terminal, 'adding a channel')
      const { channels } = await context.ambit()
      const added = await channels.addWebhook({ url, label })
      const text = `Added ${added.id}. Its signatures are checked with this, shown this once:\n${shown(added.secret, secretCharactersMax)}`
      context.reply({ text, json: added })
    })
  context
    .command(group, 'test <id>', 'send something to see whether it comes', 'channels test ch_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'testing a channel')
      const { channels } = await context.ambit()
      await channels.test(id)
      context.reply({ text: 'Sent. If nothing comes, `ambit channels` says why.', json: { sent: id } })
    })
  context
    .command(group, 'remove <id>', 'be told there no more', 'channels remove ch_019a…')
    .action(async (id: string) => {
      await needSession(context.terminal, 'removing a channel')
      const { channels } = await context.ambit()
      await channels.remove(id)
      context.reply({ text: 'Removed.', json: { removed: id } })
    })
}

function wishCommand(group: Command, context: Context): void {
  context
    .command(
      group,
      'wish',
      'say what you want to be told of, and when not to be disturbed',
      'channels wish --tell asked --tell held --quiet 22:00-07:00 --zone Europe/Berlin',
    )
    .option('--tell <topic>', `one of ${topics.join(', ')}; those named are all`, topic)
    .option('--quiet <hours>', 'when not to be disturbed: 22:00-07:00')
    .option('--days <days>', `on which it begins: ${dayNames.join(',')}; left out, every day`)
    .option('--zone <zone>', 'your time zone, as Europe/Berlin; left out, that of this machine')
    .option('--anytime', 'no quiet hours any more')
    .action(async (options: WishOptions) => {
      if (Object.keys(options).every((name) => name === 'json'))
        throw new Refusal('nothing is wished', 'Give --tell, --quiet or --anytime.')
      const quiet = quietOf(options)
      await needSession(context.terminal, 'changing what you are told of')
      const { channels } = await context.ambit()
      const { wishes: before } = await channels.list()
      const hours = options.anytime === true ? undefined : (quiet ?? before.quiet)
      const wishes = await channels.wish({
        ...(hours === undefined ? {} : { quiet: hours }),
        tell: options.tell ?? before.tell,
      })
      context.reply({ text: wishesText(wishes), json: wishes })
    })
}

function topic(value: string, before?: readonly ChannelTopic[]): readonly ChannelTopic[] {
  const known = topics.find((name) => name === value)
  if (known === undefined) throw new Refusal(`${value} is nothing to be told of`, `Say ${topics.join(', ')}.`)
  return collect(known, before) as readonly ChannelTopic[]
}

/** Undefined: nothing is said of quiet hours. */
function quietOf({ quiet, days, zone, anytime }: WishOptions): QuietHours | undefined {
  if (quiet === undefined) {
    if (days !== undefined || zone !== undefined)
      throw new Refusal('--days and --zone belong to --quiet', 'Give the hours too: --quiet 22:00-07:00.')
    return undefined
  }
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(quiet) ?? []
  if (from === undefined || to === undefined || anytime === true)
    throw new Refusal(`${quiet} is not when to be quiet`, 'Write the hours: --quiet 22:00-07:00.')
  const numbers = (days?.split(',') ?? dayNames).map((day) => dayNames.findIndex((name) => name === day) + 1)
  if (numbers.includes(0)) throw new Refusal(`${days} names no days`, `Write some of ${dayNames.join(',')}.`)
  return { zone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, from, to, days: numbers }
}

function channelsText({ push, webhooks, wishes, quietUntil }: ChannelList): string {
  const parts = [
    wishesText(wishes),
    ...push.map((each) => channelEntry('push', each)),
    ...webhooks.map((each) => channelEntry('webhook', each)),
  ]
  if (quietUntil !== undefined) parts.push(`Quiet until ${timeCell(quietUntil)}.`)
  if (push.length + webhooks.length === 0)
    parts.push('No channel yet: add push in the console, or `ambit channels webhook <url>`.')
  return parts.join('\n\n')
}

function channelEntry(kind: string, { id, label, host, lastSent, failing }: Channel): string {
  return entry(
    [id, kind, lastSent === undefined ? '' : `last sent ${timeCell(lastSent)}`],
    `${cell(label)}, at ${cell(host)}`,
    failing === undefined ? undefined : `fails since ${timeCell(failing.since)}: ${shown(failing.why, 200)}`,
  )
}

function wishesText({ quiet, tell }: ChannelList['wishes']): string {
  const days = quiet?.days.length === dayNames.length ? [] : (quiet?.days ?? [])
  const names = days.map((day) => dayNames[day - 1] ?? '').join(',')
  return facts([
    ['told of', tell.join(', ') || 'nothing'],
    [
      'quiet',
      quiet === undefined ? 'never' : `${quiet.from}-${quiet.to} ${cell(quiet.zone)} ${names}`.trim(),
    ],
  ])
}
