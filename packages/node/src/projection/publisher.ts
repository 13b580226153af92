import type { Context, Projected } from './draft.ts'

const domainName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Under whose name a record is published: a domain that its provider names, else this node's host. */
export function publisherOf(
  { provider }: Pick<Projected, 'provider'>,
  { origin }: Pick<Context, 'origin'>,
): string {
  const said = [...provider.domains, ...(provider.registrations ?? []).map(({ domain }) => domain)]
  const domain = said.find((name) => domainName.test(name))
  return (domain ?? hostOf(origin)).toLowerCase()
}

/** `example.com` as `com.example`. */
export function reverseDomain(record: Pick<Projected, 'provider'>, context: Pick<Context, 'origin'>): string {
  return publisherOf(record, context).split('.').toReversed().join('.')
}

export function hostOf(origin: string): string {
  const host = URL.parse(origin)?.hostname ?? ''
  return domainName.test(host) ? host : 'localhost'
}
