import { Fault } from '@ambit/core/fault'
import { canonicalJson } from '@ambit/core/canonical'
import type { AgentRecord, LanguageText } from '@ambit/core/record'
import type { Caller } from '../kernel/route.ts'
import { isReserved, sameName, skeletons, unreadable } from './confusable.ts'
import { addressesOf, isBelow } from './quarantine.ts'
import type { Room } from './room.ts'

/** Whose word it is that a name may resemble another one. */
export interface NameWord {
  readonly caller: Pick<Caller, 'person' | 'roles' | 'organization'>
  readonly confirmName?: boolean | undefined
}

/** What a record would be called, and where it would be. */
export type Naming = Pick<AgentRecord, 'organization' | 'slug' | 'name' | 'interfaces' | 'provider'> & {
  /** AIC, where the record is there already. */
  readonly id?: string | undefined
}

/**
 * Refuses names that nobody can read, that are the node's or a proved organisation's, that were taken down, or that can
 * be taken for another record's, of whatever organisation; which one is not told. Gives a remark where an owner said
 * that the likeness is right, else undefined. Throws `record.name-…`, `record.quarantined`, `auth.role`.
 */
export function checkNames(room: Room, naming: Naming, word: NameWord): string | undefined {
  for (const [where, name] of namesOf(naming.name)) {
    const why = unreadable(name)
    if (why !== undefined) throw new Fault('record.name-unreadable', { detail: why, where })
  }
  refuseForeign(room, naming)
  refuseQuarantined(room, naming)
  return wordOn(likeness(room, naming), word)
}

/** The remark on a likeness that an owner said is right; undefined: there is none. Throws as `checkNames` does. */
export function wordOn(where: string | undefined, word: NameWord): string | undefined {
  if (where === undefined) return undefined
  if (word.confirmName !== true) {
    throw new Fault('record.name-confusable', {
      detail: 'another record on this node has a name that looks the same',
      where,
    })
  }
  if (!word.caller.roles.includes('owner')) {
    throw new Fault('auth.role', {
      detail: 'only an owner says that a name may resemble another one',
      where: 'confirmName',
    })
  }
  return `its ${where} resembles the name of another record; ${word.caller.person} confirmed it`
}

/** Whether nothing changed of what `checkNames` looks at: what was confirmed once is not asked for again. */
export function isNamedAs(before: Naming, after: Naming): boolean {
  const seen = ({ slug, name, interfaces, provider }: Naming) =>
    canonicalJson({ slug, name, urls: interfaces.map(({ url }) => url), by: provider.organization })
  return seen(before) === seen(after)
}

function namesOf(name: LanguageText): [where: string, name: string][] {
  return Object.entries(name).flatMap(([language, text]) => (text ? [[`name.${language}`, text]] : []))
}

/** Names of the node, and of organisations that proved a domain: nobody else may be believed to be them. */
function refuseForeign(room: Room, naming: Naming): void {
  const texts: [string, string][] = [['slug', naming.slug], ...namesOf(naming.name)]
  const taken = texts.find(([, text]) => isReserved(text))
  if (taken !== undefined) {
    throw new Fault('record.name-reserved', { detail: 'that name is the node’s own', where: taken[0] })
  }
  const proved = new Set<string>()
  for (const name of room.domains.namesOfOthers(naming.organization)) {
    for (const each of skeletons(name)) proved.add(each)
  }
  if (proved.size === 0) return
  texts.push(['provider.organization', naming.provider.organization])
  const borrowed = texts.find(([, text]) => skeletons(text).some((each) => proved.has(each)))
  if (borrowed !== undefined) {
    throw new Fault('record.name-reserved', {
      detail: 'an organisation on this node goes by that name and proved its domain',
      where: borrowed[0],
    })
  }
}

/** Throws `record.quarantined` for a name or an address of a record that was taken down, but its own. */
export function refuseQuarantined(room: Room, naming: Naming): void {
  const texts: [string, string][] = [['slug', naming.slug], ...namesOf(naming.name)]
  const addresses = addressesOf(naming)
  for (const row of room.life.takedowns()) {
    if (row.record === naming.id) continue
    const name = texts.find(([, text]) => skeletons(text).some((each) => row.names.includes(each)))
    const where =
      name?.[0] ?? (addresses.some((each) => isBelow(each, row.addresses)) ? 'interfaces' : undefined)
    if (where === undefined) continue
    throw new Fault('record.quarantined', {
      detail: `${where === 'interfaces' ? 'an address' : 'the name'} belongs to a record that was taken down`,
      where,
    })
  }
}

/** Throws `record.quarantined` for a key of a record that was taken down, but for its own. */
export function refuseQuarantinedKeys(room: Room, keys: readonly string[], record?: string): void {
  for (const row of room.life.takedowns()) {
    if (row.record === record || !keys.some((key) => row.keys.includes(key))) continue
    throw new Fault('record.quarantined', {
      detail: 'a key belongs to a record that was taken down',
      where: 'keys',
    })
  }
}

/** What others have, as far as a name can be taken for theirs. */
export interface Named {
  readonly id: string
  readonly organization: string
  readonly slug: string
  readonly names: readonly string[]
  readonly hosts: readonly string[]
}

export function namedAs(naming: Naming & { readonly id: string }): Named {
  const { id, organization, slug } = naming
  const names = namesOf(naming.name).map(([, text]) => text)
  return { id, organization, slug, names, hosts: hostsOf(naming.interfaces) }
}

/** Every look of its name for addresses and of the displayed ones. */
export function looksOf({ slug, names }: Pick<Named, 'slug' | 'names'>): string[] {
  return [...new Set([slug, ...names].flatMap(skeletons))]
}

/** Which member can be taken for the name of another record that is there. */
function likeness(room: Room, naming: Naming): string | undefined {
  const known = (looks: readonly string[]) =>
    [...room.roster.looksLike(looks)].map(({ target: { interfaces }, ...held }) => ({
      ...held,
      hosts: hostsOf(interfaces),
    }))
  return likenessTo(naming, known)
}

/** The same among these others; `alike` gives those that have one of the looks, and may give more. */
export function likenessTo(
  naming: Naming,
  alike: (looks: readonly string[]) => readonly Named[],
): string | undefined {
  const texts: [string, string][] = [['slug', naming.slug], ...namesOf(naming.name)]
  for (const [where, text] of texts) {
    const looks = new Set(skeletons(text))
    const isSlug = where === 'slug'
    const isAlike = (own: string) => skeletons(own).some((each) => looks.has(each))
    for (const other of alike([...looks])) {
      if (other.id === naming.id) continue
      if (isAlike(other.slug) && slugIsTrick(text, isSlug, other, naming)) return where
      if (other.names.some((own) => isAlike(own) && nameIsTrick(text, isSlug, own, other, naming)))
        return where
    }
  }
  return undefined
}

/** Among the slugs of one organisation a divider more is a likeness too; elsewhere only other letters are. */
function slugIsTrick(text: string, isSlug: boolean, other: Named, naming: Naming): boolean {
  if (isSlug && other.organization === naming.organization) return text !== other.slug
  return !sameBare(text, other.slug)
}

/** The same name is no trick within an organisation, or for the same server; from elsewhere it is squatting. */
function nameIsTrick(text: string, isSlug: boolean, own: string, other: Named, naming: Naming): boolean {
  if (!sameBare(text, own)) return true
  if (isSlug || !sameName(text, own) || other.organization === naming.organization) return false
  const [here, there] = [hostsOf(naming.interfaces), other.hosts]
  return here.length > 0 && there.length > 0 && !here.some((host) => there.includes(host))
}

function sameBare(left: string, right: string): boolean {
  return bare(left) === bare(right)
}

/** Without case, width and dividers. */
function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\p{Z}\p{P}\p{Cf}]/gu, '')
}

function hostsOf(interfaces: readonly { readonly url: string }[]): string[] {
  return interfaces.flatMap(({ url }) => URL.parse(url)?.hostname || [])
}
