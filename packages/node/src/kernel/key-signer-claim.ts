import { Fault } from '@ambit/core/fault'
import type { Clock } from './clock.ts'
import type { SealedCells, SigningKeys, TokenKeys } from './key-signer.ts'

const chanceBytes = 4

/**
 * Keys in a token that replicas share. Which key is the one of a name stands in the store: of replicas that start at once
 * each may make one, what is kept first counts, and the other one takes its own out of the token again. Where the store
 * names a key that the token does not hold none is made: certificates that are kept belong to it.
 */
export function claimedKeys(
  keys: TokenKeys,
  object: string,
  cells: SealedCells,
  clock: Pick<Clock, 'random'>,
): SigningKeys {
  async function chosen(name: string): Promise<string> {
    const cell = `token.${object}-${name}`
    const kept = await cells.read(cell)
    if (kept !== undefined) return kept.toString('utf8')
    // Of a token that was filled before this store.
    if ((await keys.find(name)) !== undefined)
      return (await cells.keep(cell, Buffer.from(name))).toString('utf8')
    const own = `${name}-${clock.random(chanceBytes).toString('hex')}`
    await keys.key(own)
    const first = (await cells.keep(cell, Buffer.from(own))).toString('utf8')
    if (first !== own) await keys.remove(own)
    return first
  }
  return {
    async key(name, algorithm = 'p256') {
      const own = await chosen(name)
      const key = await keys.find(own, algorithm)
      if (key !== undefined) return key
      throw new Fault('ca.signer', {
        detail: `the token ${keys.token} holds no key called ${object}-${own}, to which the certificates that are kept belong`,
        where: 'AMBIT_CA_KEY',
      })
    },
  }
}
