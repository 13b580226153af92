import type { CertificateAuthority } from './ca/ca.ts'
import { revoke } from './authority/authority.ts'
import type { Remains, Subject } from './decommission/decommission.ts'
import type { AgentKeys } from './did/did.ts'
import type { Domains } from './domains.ts'
import type { TaskKeeping } from './pushes.ts'

/** Revoked because the record is no longer operated (RFC 5280 section 5.3.1, cessationOfOperation). */
const ceased = 5

export interface RemainsParts {
  readonly domains: Pick<Domains, 'authority' | 'vault' | 'registry' | 'addresses'>
  readonly pushes: TaskKeeping['pushes']
  readonly keys: Pick<AgentKeys, 'endAll' | 'activeKeys'>
  readonly ca: Pick<CertificateAuthority, 'revoke' | 'certificates'>
}

/** What the rooms of this node keep of a record, in the order in which it ends: what it may do, then what it has. */
export function remainsOf(parts: RemainsParts): readonly Remains[] {
  return [
    ...mandates(parts.domains.authority),
    certificates(parts.ca),
    agentKeys(parts.keys),
    credentials(parts.domains.vault),
    signIns(parts.domains),
    ...addresses(parts.domains),
    pushes(parts.pushes),
  ]
}

function certificates(ca: RemainsParts['ca']): Remains {
  return {
    what: 'certificates',
    end: async ({ id: aic }, by) => await ca.revoke({ aic, reason: ceased, by }),
    left: async ({ id, organization }) =>
      (await ca.certificates(organization, id)).filter(({ revokedAt }) => revokedAt === undefined).length,
  }
}

function agentKeys(keys: RemainsParts['keys']): Remains {
  return {
    what: 'keys',
    end: async ({ id }, by) => (await keys.endAll(id, by)).length,
    left: async ({ id }) => keys.activeKeys(id).length,
  }
}

type Book = Domains['authority']['mandates']['book']

/** Mandates that the record holds, and those that allow nothing but it. */
function mandatesOf(book: Book, subject: Subject): string[] {
  const names = namesOf(subject)
  const found: string[] = []
  for (const { body, revoked } of book.entries()) {
    if (revoked || body.organization !== subject.organization) continue
    const holds = body.agent === subject.id || subject.keys.includes(body.holder)
    const onlyIt = body.allow.length > 0 && body.allow.every(({ target }) => names.has(target))
    if (holds || onlyIt) found.push(body.id)
  }
  return found
}

/** Until when a mandate that also allows other things names it. */
export function namedUntil(book: Book, subject: Subject): number | undefined {
  const names = namesOf(subject)
  const ends = [...book.entries()]
    .filter(({ body, revoked }) => !revoked && body.organization === subject.organization)
    .filter(({ body }) => body.allow.some(({ target }) => names.has(target)))
    .map(({ expiresAt }) => expiresAt)
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** Names that mandates in force of an organisation say, and until when. */
export function namesIn(
  book: Book | undefined,
  organization: string,
  now: number,
): ReadonlyMap<string, number> {
  const names = new Map<string, number>()
  for (const { body, revoked, expiresAt } of book?.entries() ?? []) {
    if (revoked || expiresAt <= now || body.organization !== organization) continue
    for (const { target } of body.allow) names.set(target, Math.max(names.get(target) ?? 0, expiresAt))
  }
  return names
}

function namesOf({ id, slug }: Subject): ReadonlySet<string> {
  return new Set([id, slug])
}

function mandates({ mandates: parts }: Domains['authority']): Remains[] {
  const { book, tokens, tokenStore, clock } = parts
  const tokensOf = async (subject: Subject) => {
    const found = await Promise.all(mandatesOf(book, subject).map(async (id) => await tokenStore.tokens(id)))
    return found
      .flat()
      .filter(({ revoked, expires }) => revoked === null && (expires ?? Infinity) > clock.now())
  }
  return [
    {
      what: 'tokens',
      async end(subject) {
        const found = await tokensOf(subject)
        for (const { id } of found) await tokens.revoke(id)
        return found.length
      },
      left: async (subject) => (await tokensOf(subject)).length,
    },
    {
      what: 'mandates',
      async end(subject, by) {
        let count = 0
        for (const id of mandatesOf(book, subject)) {
          count += (await revoke(parts, id, by, 'the record is out of service')).revoked.length
        }
        return count
      },
      left: async (subject) => mandatesOf(book, subject).length,
    },
  ]
}

function credentials(vault: Domains['vault']): Remains {
  return {
    what: 'credentials',
    end: async ({ organization, id }) => await vault.forget(organization, id),
    left: async ({ organization, id }) => await vault.count(organization, id),
  }
}

/** Sign-ins belong to a server: one that another record of the organisation still uses keeps them. */
function signIns({ vault, registry }: RemainsParts['domains']): Remains {
  const own = ({ organization, id, urls }: Subject) => {
    const isUsed = (url: string) =>
      registry
        .targetsAt(URL.parse(url)?.hostname ?? '', organization)
        .some((target) => target.id !== id && target.interfaces.some((each) => each.url === url))
    return urls.filter((url) => !isUsed(url))
  }
  const sum = async (urls: readonly string[], count: (url: string) => Promise<number>) => {
    let all = 0
    for (const url of urls) all += await count(url)
    return all
  }
  return {
    what: 'sign-ins',
    end: async (subject) =>
      await sum(own(subject), async (url) => await vault.forget(subject.organization, url)),
    left: async (subject) =>
      await sum(own(subject), async (url) => await vault.count(subject.organization, url)),
  }
}

/** Nobody else gets it; it says that nobody is there from the moment the record is out of use. */
function addresses({ addresses: given, registry }: RemainsParts['domains']): Remains[] {
  if (given === undefined) return []
  const answers = (id: string) => registry.target(id)?.state === 'active'
  return [
    {
      what: 'addresses',
      async end({ id }) {
        await given.settled()
        return given.of(id) === undefined || answers(id) ? 0 : 1
      },
      left: async ({ id }) => (given.of(id) !== undefined && answers(id) ? 1 : 0),
    },
  ]
}

function pushes(store: TaskKeeping['pushes']): Remains {
  return {
    what: 'push subscriptions',
    async end({ id }) {
      const found = await store.ofRecord(id)
      for (const callback of found) await store.removeCallback(callback)
      return found.length
    },
    left: async ({ id }) => (await store.ofRecord(id)).length,
  }
}
