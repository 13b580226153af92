import { canonicalJson } from '@ambit/core/canonical'
import type { Mandate } from '@ambit/core/mandate'
import { childBody } from './child-body.ts'
import { delegatedIn } from './delegated-id.ts'
import { narrow } from './grants.ts'
import type { GrantParts, NarrowRequest } from './grants.ts'
import type { BookEntry } from './mandate-book.ts'

interface Narrowed {
  readonly child: BookEntry
  /** It was there already: others act under it too. */
  readonly reused: boolean
}

/**
 * As `narrow`, for what is asked for again and again: a child in force for the same holder that allows the same, and
 * lasts at least half as long, serves once more, so that a client that comes back for a token leaves no mandate behind
 * each time. What brings limits of its own gets a child of its own: they are counted for that one alone.
 */
export async function narrowOnce(
  parts: GrantParts,
  parent: BookEntry,
  request: NarrowRequest,
): Promise<Narrowed> {
  const known = parent.revoked ? undefined : await sameChild(parts, parent, request)
  if (known !== undefined) return { child: known, reused: true }
  return { child: await narrow(parts, parent, request), reused: false }
}

async function sameChild(
  parts: GrantParts,
  parent: BookEntry,
  request: NarrowRequest,
): Promise<BookEntry | undefined> {
  if (Object.keys(request.limits ?? {}).length > 0 || request.id !== undefined) return undefined
  const whose = await holderOf(parts, parent, request)
  if (whose === undefined) return undefined
  const now = parts.clock.now()
  const facts = { id: '', holder: whose.holder ?? '', agent: whose.agent, now, nonce: '' }
  const wanted = scope(childBody(parent, request, facts))
  const least = Math.min(now + (request.expiresAt - now) / 2, parent.expiresAt)
  for (const child of parent.children) {
    const inTime = child.expiresAt >= least && child.expiresAt <= request.expiresAt
    if (!inTime || child.expiresAt <= now || child.revoked || Date.parse(child.body.notBefore) > now) continue
    if (whose.holder !== undefined && child.body.holder !== whose.holder) continue
    // What was handed on in an act names that act.
    if (delegatedIn(child.body.id) === undefined && scopeOf(child) === wanted) return child
  }
  return undefined
}

/** Whoever would hold it; `holder` undefined: an agent whose key the node keeps, whichever that is. */
async function holderOf(
  parts: GrantParts,
  { body }: BookEntry,
  { holder, agent }: NarrowRequest,
): Promise<{ readonly holder: string | undefined; readonly agent: string | undefined } | undefined> {
  if (agent === undefined)
    return { holder: holder ?? body.holder, agent: holder === undefined ? body.agent : undefined }
  const known = await parts.agent(body.organization, agent)
  return known && { holder: holder ?? known.keys[0], agent: known.id }
}

const scopes = new WeakMap<BookEntry, string>()

function scopeOf(entry: BookEntry): string {
  const known = scopes.get(entry) ?? scope(entry.body)
  scopes.set(entry, known)
  return known
}

/** What it lets whom do, without when and by which key. */
function scope({ agent, purpose, allow, limits, delegate, task }: Mandate): string {
  const text = { purpose, allow, limits, delegate }
  return canonicalJson({
    ...text,
    ...(agent === undefined ? {} : { agent }),
    ...(task === undefined ? {} : { task }),
  })
}
