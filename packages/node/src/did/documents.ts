import { Fault } from '@ambit/core/fault'
import { buildDidDocument, methodId } from '@ambit/core/id/did-document'
import { makeWebDid, splitDidUrl } from '@ambit/core/id/did'
import { keyBytes } from '@ambit/core/id/did-key'
import { parseAic } from '@ambit/core/id/aic'
import { defaultOrganization } from '../identity/identity.ts'
import type { Target } from '../registry/target.ts'
import { fingerprintOf } from './alias.ts'
import { isActive } from './key-room.ts'
import type { KeyRoom } from './key-room.ts'

/** What documents are made from. */
export interface DocumentRoom {
  readonly room: KeyRoom
  /** Public address of the node, without a slash at the end. */
  readonly origin: () => string
  /** did:key of the node itself. */
  readonly nodeKey: string
}

/** Keys that speak for the agent now, newest first. */
export function activeKeys(room: KeyRoom, aic: string): readonly string[] {
  return room.book
    .ofAgent(aic)
    .filter((row) => isActive(room, row))
    .map(({ key }) => key)
}

/** The DIDs of an agent below the address of this node: did:web first, then a did:wba for each Ed25519 key. */
export function didsOf({ room, origin }: DocumentRoom, target: Target): readonly string[] {
  const path = pathOf(target)
  const bound = activeKeys(room, target.id)
    .filter((key) => keyBytes(key)?.alg === 'ed25519')
    .map((key) => makeWebDid('wba', origin(), [...path, `e1_${fingerprintOf(key)}`]))
  return [makeWebDid('web', origin(), path), ...bound]
}

function pathOf({ organization, slug }: Target): readonly string[] {
  return organization === defaultOrganization
    ? ['agents', slug]
    : ['organizations', organization, 'agents', slug]
}

/**
 * The document of an agent, of its did:web or, where `binding` names one, of the did:wba bound to that key. Only of
 * records in force. Throws `input.not-found`.
 */
export function agentDocument(parts: DocumentRoom, organization: string, slug: string, binding?: string) {
  const { room, origin } = parts
  const target = room.target(slug, organization)
  if (target === undefined || target.state !== 'active' || target.slug !== slug) throw notFound()
  const dids = named(() => didsOf(parts, target))
  const did = binding === undefined ? dids[0] : dids.find((each) => each.endsWith(`:${binding}`))
  const keys = activeKeys(room, target.id)
  if (did === undefined || keys.length === 0) throw notFound()
  return buildDidDocument({
    did,
    // The key that a did:wba is bound to stands first.
    keys: keys.toSorted((left, right) => Number(isNamedBy(did, right)) - Number(isNamedBy(did, left))),
    alsoKnownAs: [...dids.filter((each) => each !== did), ...(room.aliases.get(target.id) ?? [])],
    controller: makeWebDid('web', origin()),
    // At that path are the agents of the organisation that runs the node, whatever others are called.
    services: isServed(target)
      ? [{ fragment: 'a2a', type: 'A2A', url: `${origin()}/a2a/${target.slug}` }]
      : [],
  })
}

function isServed({ organization, interfaces }: Target): boolean {
  return organization === defaultOrganization && interfaces.some(({ protocol }) => protocol === 'a2a')
}

function isNamedBy(did: string, key: string): boolean {
  return did.endsWith(`:e1_${fingerprintOf(key)}`)
}

export function nodeDocument({ origin, nodeKey }: DocumentRoom) {
  const did = named(() => makeWebDid('web', origin()))
  return buildDidDocument({ did, keys: [nodeKey] })
}

/** A node at a bare IP address has no DID (did:web, section 3). */
function named<R>(make: () => R): R {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Fault('input.not-found', {
      detail: 'this node has an address that no DID can name',
      remedy: 'Set AMBIT_ORIGIN to an address with a domain name.',
      cause: error,
    })
  }
}

function notFound(): Fault {
  return new Fault('input.not-found', { detail: 'no agent in force has that name' })
}

/**
 * The key that a signature names and whose it is, where it speaks for a record of this node now: by did:key, by a method
 * of a document of this node, or by the identity code of an agent with one key. What else it may name is nobody's.
 */
export function keyNamed(
  parts: DocumentRoom,
  keyId: string,
): { readonly key: string; readonly aic: string } | undefined {
  const { room } = parts
  const { did, fragment } = splitDidUrl(keyId)
  if (did.startsWith('did:key:')) return ownKey(room, did)
  const [code = ''] = keyId.split('#', 1)
  if (parseAic(code)?.text === code) {
    const keys = activeKeys(room, code)
    const key =
      fragment === undefined
        ? only(keys)
        : keys.find((each) => each === fragment || each === `did:key:${fragment}`)
    return key === undefined ? undefined : { key, aic: code }
  }
  // The fragments of documents of this node are the texts of their keys.
  const found = fragment === undefined ? undefined : ownKey(room, `did:key:${fragment}`)
  const target = found && room.target(found.aic)
  if (found === undefined || target === undefined) return undefined
  const isOwn = named(() => didsOf(parts, target)).some((each) => methodId(each, found.key) === keyId)
  return isOwn ? found : undefined
}

function ownKey(room: KeyRoom, key: string): { readonly key: string; readonly aic: string } | undefined {
  const row = room.book.get(key)
  return row !== undefined && isActive(room, row) ? { key, aic: row.agent } : undefined
}

function only(keys: readonly string[]): string | undefined {
  return keys.length === 1 ? keys[0] : undefined
}
