import { Fault } from '@ambit/core/fault'

const slugCharactersMax = 63

/** A slug from a name or, where the name has no Latin letters, from the next text that has. Throws a Fault `record.invalid`. */
export function slugFrom(...texts: readonly string[]): string {
  for (const text of texts) {
    const slug = text
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, slugCharactersMax)
      .replaceAll(/^-+|-+$/g, '')
    if (slug.length > 1) return slug
  }
  throw new Fault('record.invalid', {
    detail: 'no name for addresses can be made from what the agent calls itself',
    where: 'slug',
    remedy: 'Give a `slug`: lower-case letters, digits and hyphens.',
  })
}

/** The next patch version: 1.4.2 gives 1.4.3; a pre-release gives its release. */
export function nextVersion(version: string, taken: ReadonlySet<string>): string {
  const [major = '1', minor = '0', patch = '0'] = version.split(/[-+]/, 1)[0]?.split('.') ?? []
  for (let next = Number(patch); ; next++) {
    const candidate = `${major}.${minor}.${next}`
    if (candidate !== version && !taken.has(candidate) && next >= Number(patch)) return candidate
  }
}

const semver = /^\d{1,9}\.\d{1,9}\.\d{1,9}(-[0-9A-Za-z.-]{1,60})?(\+[0-9A-Za-z.-]{1,60})?$/

/** A semantic version from what an agent says of itself: `v2.1` is 2.1.0; anything else gives 1.0.0. */
export function versionFrom(text: string | undefined): string {
  const trimmed = text?.trim().replace(/^v/i, '') ?? ''
  if (semver.test(trimmed)) return trimmed
  if (/^\d{1,9}(\.\d{1,9})?$/.test(trimmed)) return trimmed.includes('.') ? `${trimmed}.0` : `${trimmed}.0.0`
  return '1.0.0'
}
