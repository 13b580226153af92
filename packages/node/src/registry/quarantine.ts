import type { AgentRecord } from '@ambit/core/record'

/** The addresses of a record: origin and path, without what a caller adds. Programs have none. */
export function addressesOf({ interfaces }: Pick<AgentRecord, 'interfaces'>): string[] {
  return interfaces.flatMap(({ url }) => addressOf(url) ?? [])
}

function addressOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || url.host === '') return undefined
  return `${url.host}${url.pathname.replace(/\/+$/, '')}`
}

/** The hosts of a record, for a takedown of everything that is there. */
export function hostsOf({ interfaces }: Pick<AgentRecord, 'interfaces'>): string[] {
  return interfaces.flatMap(({ url }) => URL.parse(url)?.host || [])
}

/** Whether an address is one of these, or lies below one of them. */
export function isBelow(address: string, known: readonly string[]): boolean {
  return known.some((each) => address === each || address.startsWith(`${each}/`))
}
