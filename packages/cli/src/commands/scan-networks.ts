import { setTimeout as pause } from 'node:timers/promises'
import type { Ambit } from '@ambit/sdk/client'
import { AmbitProblem } from '@ambit/sdk/problem'
import type { Scan, ScanFinding } from '@ambit/sdk/scans'
import type { Context } from '../context.ts'
import { exitCodes, Refusal } from '../refusal.ts'
import { needSession } from '../session.ts'
import { cell, table } from '../text.ts'
import type { ScanOptions } from './scan.ts'

const lookEveryMs = 500

/** Has the node look through networks, and says what answers there. */
export async function scanNetworks(context: Context, options: ScanOptions): Promise<void> {
  await needSession(context.terminal, 'A scan of networks')
  const ambit = await context.ambit()
  if (options.cancel === true) {
    await cancel(context, ambit)
    return
  }
  const { network, port } = options
  const scan = await followed(
    context,
    ambit,
    await ambit.scans.start({
      ...(network === undefined ? {} : { networks: network }),
      ...(port === undefined ? {} : { ports: port }),
    }),
  )
  const registered = options.register === true ? await registerAll(context, ambit, scan, options) : undefined
  context.reply({
    text: [textOf(scan), registered === undefined ? '' : resultsText(registered)]
      .filter((part) => part !== '')
      .join('\n\n'),
    json: { ...scan, ...(registered === undefined ? {} : { registered }) },
    exitCode:
      scan.state === 'done' && registered?.every(({ ok }) => ok) !== false
        ? exitCodes.done
        : exitCodes.refused,
  })
}

async function cancel(context: Context, ambit: Ambit): Promise<void> {
  const { scans } = await ambit.scans.list()
  const running = scans.find(({ state }) => state === 'running')
  if (running === undefined) throw new Refusal('no scan is under way', 'There is nothing to cancel.')
  const scan = await ambit.scans.cancel(running.id)
  context.reply({ text: textOf(scan), json: scan })
}

async function followed({ terminal }: Context, ambit: Ambit, begun: Scan): Promise<Scan> {
  let scan = begun
  let told = -1
  while (scan.state === 'running') {
    await pause(lookEveryMs)
    scan = await ambit.scans.get(scan.id)
    const tenth = Math.floor((10 * scan.tried) / scan.of)
    if (tenth > told) terminal.err(`${scan.tried} of ${scan.of} ports tried, ${scan.findings.length} found`)
    told = Math.max(told, tenth)
  }
  return scan
}

interface Registered {
  readonly url: string
  readonly ok: boolean
  readonly slug?: string
  readonly why?: string
}

async function registerAll(
  { terminal }: Context,
  ambit: Ambit,
  { findings }: Scan,
  { yes }: ScanOptions,
): Promise<readonly Registered[]> {
  const urls = findings.flatMap(({ standing, url }) => (standing === 'unregistered' && url ? [url] : []))
  if (urls.length === 0) return []
  if (yes !== true) {
    const answer = await terminal.ask(`Make a draft at ${ambit.url} of ${urls.join(', ')}? [y/N] `)
    if (answer === undefined)
      throw new Refusal('nobody sits at the terminal to be asked', 'Add --yes to register without asking.')
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new Refusal('nothing was registered', 'Answer `y` to register.')
  }
  const results: Registered[] = []
  for (const url of urls) results.push(await registered(ambit, url))
  return results
}

async function registered(ambit: Ambit, url: string): Promise<Registered> {
  try {
    const { summary } = await ambit.records.register({ url })
    return { url, ok: true, slug: summary.slug }
  } catch (error) {
    // One that is refused does not stop the others.
    if (!(error instanceof AmbitProblem)) throw error
    return { url, ok: false, why: `${error.detail} ${error.remedy}` }
  }
}

const endings = {
  running: 'It goes on.',
  done: '',
  cancelled: 'It was cancelled before its end.',
  'out-of-time': 'Its time was over before its end.',
  failed: 'It failed before its end; the node’s log says why.',
}

function textOf(scan: Scan): string {
  const rows = scan.findings.map((finding) => [
    cell(finding.url ?? `${finding.address}:${finding.port}`),
    finding.protocol,
    cell(finding.version ?? ''),
    cell(finding.name ?? ''),
    standing(finding),
  ])
  const list =
    rows.length === 0 ? '' : table(['address', 'protocol', 'version', 'calls itself', 'standing'], rows)
  const missing = scan.findings.filter((each) => each.standing === 'unregistered').length
  const more = scan.more === 0 ? '' : ` ${scan.more} more were found than are kept.`
  const tail =
    `${scan.tried} of ${scan.of} ports tried, ${scan.open} open, ${missing} not registered.` +
    `${more} ${endings[scan.state]}`
  return [list, tail.trim()].filter((part) => part !== '').join('\n\n')
}

function standing(finding: ScanFinding): string {
  if (finding.standing === 'own') return 'this node'
  if (finding.standing === 'registered')
    return finding.slug === undefined ? 'registered by others' : `registered as ${cell(finding.slug)}`
  const notes = [
    'not registered',
    ...(finding.wantsCredentials === true ? ['wants credentials'] : []),
    ...(finding.callable ? [] : ['AMBIT_ALLOW_ADDRESSES does not name it']),
  ]
  return notes.join(', ')
}

function resultsText(registered: readonly Registered[]): string {
  if (registered.length === 0) return 'Nothing to register.'
  return table(
    ['address', 'result', 'record', 'why'],
    registered.map(({ url, ok, slug, why }) => [
      cell(url),
      ok ? 'draft' : 'refused',
      cell(slug ?? ''),
      cell(why ?? ''),
    ]),
  )
}
