import type { KnownEndpoint } from '@ambit/sdk/scans'
import type { ConfiguredServer } from './client-configurations-servers.ts'
import { nameOf } from './command-shown.ts'

/**
 * How a client reaches a server: `through` the node; past it, though there is a record (`registered`); past it, and nobody
 * registered it (`unregistered`).
 */
export type Standing =
  | { readonly state: 'through' | 'unregistered' }
  | { readonly state: 'registered'; readonly slug: string }

/** Compares by address, or by command and all its arguments. */
export function standingOf(
  server: ConfiguredServer,
  nodeUrl: string,
  known: readonly KnownEndpoint[],
): Standing {
  const { url, command } = server
  const own = addressOf(nodeUrl)
  const named = [...(url === undefined ? [] : [url]), ...(command?.args ?? [])]
  const isThrough = named.some((each) => own !== undefined && addressOf(each)?.host === own.host)
  if (isThrough) return { state: 'through' }
  const address = url === undefined ? undefined : addressOf(url)
  const record = known.find((each) => {
    if (command !== undefined) return each.command !== undefined && isSame(each.command, command)
    const at = addressOf(each.url)
    return at !== undefined && at.host === address?.host && at.path === address.path
  })
  return record === undefined ? { state: 'unregistered' } : { state: 'registered', slug: record.slug }
}

type Command = NonNullable<ConfiguredServer['command']>

export function isSame(one: Command, other: Command): boolean {
  return (
    nameOf(one.program) === nameOf(other.program) &&
    one.args.length === other.args.length &&
    one.args.every((arg, at) => arg === other.args[at])
  )
}

/** What two texts of one address have in common. */
export function addressOf(text: string): { readonly host: string; readonly path: string } | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  const name = url.hostname === 'localhost' || url.hostname === '[::1]' ? '127.0.0.1' : url.hostname
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return { host: `${name}:${port}`, path: url.pathname.replace(/\/+$/, '') }
}
