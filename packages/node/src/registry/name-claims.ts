import { likenessTo, looksOf, namedAs, checkNames, wordOn } from './names.ts'
import type { Named, NameWord, Naming } from './names.ts'
import type { Room } from './room.ts'

/**
 * As long as it may take until every replica knows the record itself, clocks that differ included. What is older is in
 * everybody's memory, or came to nothing.
 */
const claimedMs = 30_000

/**
 * As `checkNames`, and so that of two that take names which look alike in the same moment, here or on another replica, at
 * least one sees the other: each says what it is about to be called before it looks who else did. Both may be refused.
 */
export async function claimNames(
  room: Room,
  naming: Naming & { readonly id: string },
  word: NameWord,
): Promise<string | undefined> {
  const remark = checkNames(room, naming, word)
  const [others] = await claimAll(room, [naming])
  try {
    return (
      wordOn(
        likenessTo(naming, () => others!),
        word,
      ) ?? remark
    )
  } catch (error) {
    await room.life.rows.releaseNames([naming.id])
    throw error
  }
}

/** Of each that was judged by memory already: the others who are about to take a name that looks like one of its own. */
export async function claimAll(
  room: Room,
  namings: readonly (Naming & { readonly id: string })[],
): Promise<readonly (readonly Named[])[]> {
  const { rows } = room.life
  const now = room.clock.now()
  const own = namings.map((naming) => ({ named: namedAs(naming), looks: looksOf(namedAs(naming)) }))
  await rows.claimNames(own, now)
  const looks = [...new Set(own.flatMap((each) => each.looks))]
  const ids = new Set(namings.map(({ id }) => id))
  const others = (await rows.claimedNames(looks, now - claimedMs)).filter(
    // One that was put away since is nobody's name.
    ({ id }) => !ids.has(id) && room.roster.byId(id)?.isLive !== false,
  )
  if (others.length === 0) return own.map(() => [])
  return own.map((each) => others.filter((other) => looksOf(other).some((look) => each.looks.includes(look))))
}
