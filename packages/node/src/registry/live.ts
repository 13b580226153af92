import { Fault } from '@ambit/core/fault'
import type { AgentRecord, Interface, Protocol } from '@ambit/core/record'
import { fit } from './described-limits.ts'
import type { Describe, Described, DescribeSource } from './describe.ts'
import type { Room } from './room.ts'
import { signInSecret } from '../signin/signin.ts'
import { challengeOf } from './challenge.ts'
import type { RecordSource } from './source.ts'

/** Adapters give up sooner by themselves, after a minute at most; this ends one that does not. */
const describeTimeoutMs = 75_000

type Reading = Pick<Room, 'describers' | 'clock'>

/** Asks a live agent or server what it is, in one protocol after the other. Throws a Fault `record.unreachable` or `address.refused`. */
export async function describeLive(
  room: Reading,
  source: DescribeSource,
  headers: Readonly<Record<string, string>>,
  options: { readonly protocols?: readonly Protocol[]; readonly signal?: AbortSignal } = {},
): Promise<{ readonly described: Described; readonly protocol: Protocol }> {
  const failures: string[] = []
  let wantsSignIn: unknown
  for (const describer of inOrder(room.describers, source)) {
    if (options.protocols !== undefined && !options.protocols.includes(describer.protocol)) continue
    try {
      const described = await withinTime(room, options.signal, async (signal) => {
        return await describer.describe(source, headers, signal)
      })
      return { described: fit(described), protocol: describer.protocol }
    } catch (error) {
      // Other protocols would be refused the same way.
      if (Fault.is(error, 'address.refused')) throw error
      if (challengeOf(error) !== undefined) wantsSignIn ??= error
      failures.push(`${describer.protocol}: ${Fault.is(error) ? error.detail : 'no answer of that protocol'}`)
    }
  }
  throw new Fault('record.unreachable', {
    detail: failures.length === 0 ? 'no protocol of this node fits that address' : failures.join('; '),
    where: 'url' in source ? withoutQuery(source.url) : source.command.program,
    cause: wantsSignIn,
  })
}

/** An address that ends like an agent card is one; any other is first asked for what most servers speak. */
function inOrder(describers: readonly Describe[], source: DescribeSource): readonly Describe[] {
  if ('command' in source) return describers.filter((describer) => describer.protocol === 'mcp')
  const path = URL.parse(source.url)?.pathname ?? ''
  const isCard = path.endsWith('.json') || path.includes('/.well-known/') || path === '/' || path === ''
  const first: Protocol = isCard ? 'a2a' : 'mcp'
  return describers.toSorted(
    (left, right) => Number(right.protocol === first) - Number(left.protocol === first),
  )
}

async function withinTime<R>(
  { clock }: Reading,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const time = new AbortController()
  const signal = outer === undefined ? time.signal : AbortSignal.any([outer, time.signal])
  const cancel = clock.after(describeTimeoutMs, () => time.abort())
  const { promise: given, reject } = Promise.withResolvers<never>()
  const giveUp = () =>
    reject(new Fault('record.unreachable', { detail: 'it did not say what it is in time' }))
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([run(signal), given])
  } finally {
    cancel()
    signal.removeEventListener('abort', giveUp)
  }
}

/** Reads a record's upstream again, with the credentials of a person. */
export async function describeRecord(
  room: Room,
  record: AgentRecord,
  source: RecordSource,
  person: string,
  signal?: AbortSignal,
): Promise<Described> {
  const read = async (name: string) => await room.secrets.get(record.organization, person, record.id, name)
  const headers: [string, string][] = []
  for (const { url, security } of interfacesAt(record, source)) {
    for (const { header, secret } of security) {
      const value =
        secret === signInSecret
          ? await room.signIns.authorization(record.organization, person, url)
          : await read(secret)
      if (value !== undefined) headers.push([header, value])
    }
  }
  const { described } = await describeLive(
    room,
    await sourceWithSecrets(source, read),
    Object.fromEntries(headers),
    {
      protocols: record.interfaces.map((each) => each.protocol),
      ...(signal === undefined ? {} : { signal }),
    },
  )
  return described
}

/** Of the interfaces only those at the origin that is asked: the credentials of another one do not go there. */
function interfacesAt(record: AgentRecord, source: RecordSource): readonly Interface[] {
  const origin = 'url' in source ? URL.parse(source.url)?.origin : undefined
  return record.interfaces.filter((each) => origin !== undefined && URL.parse(each.url)?.origin === origin)
}

async function sourceWithSecrets(
  source: RecordSource,
  read: (name: string) => Promise<string | undefined>,
): Promise<DescribeSource> {
  if ('url' in source) return source
  const env: [string, string][] = []
  for (const name of source.command.env) {
    const value = await read(name)
    if (value !== undefined) env.push([name, value])
  }
  return { command: { ...source.command, env: Object.fromEntries(env) } }
}

/** Queries carry credentials more often than they should. */
function withoutQuery(address: string): string {
  return (address.split(/[?#]/, 1)[0] ?? '').slice(0, 200)
}
