/**
 * URIs and URI templates of one of several servers are shown as `ambit.<slug>+<original>`: the scheme (RFC 3986,
 * section 3.1) takes dots and plus signs, and a slug has neither, so the form can be taken apart again and stays a URI
 * or a template.
 */
const prefix = 'ambit.'
const form = /^ambit\.([a-z0-9-]+)\+([\s\S]+)$/

export function uriShown(slug: string, uri: string): string {
  return `${prefix}${slug}+${uri}`
}

export interface OwnedUri {
  readonly slug: string
  readonly uri: string
}

/** Undefined when the URI names no server. */
export function ownedUri(shown: string): OwnedUri | undefined {
  if (!shown.startsWith(prefix)) return undefined
  const [, slug, uri] = form.exec(shown) ?? []
  return slug === undefined || uri === undefined ? undefined : { slug, uri }
}
