import { generateKeyPairSync } from 'node:crypto'
import { handClock } from '@ambit/testkit/clock'
import { expect, test } from 'vitest'
import { claimedKeys } from './key-signer-claim.ts'
import { localSigner } from './key-signer.ts'
import type { KeySigner, SealedCells, TokenKeys } from './key-signer.ts'

/** A token that several processes reach, in memory. */
function sharedToken() {
  const held = new Map<string, KeySigner>()
  const pause = async () => await new Promise<void>((resolve) => setImmediate(resolve))
  const keys: TokenKeys = {
    token: 'shared',
    async key(name) {
      await pause()
      const made =
        held.get(name) ?? localSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
      held.set(name, made)
      return made
    },
    async find(name) {
      await pause()
      return held.get(name)
    },
    async remove(name) {
      await pause()
      held.delete(name)
    },
  }
  return { keys, held }
}

function cells(): SealedCells {
  const kept = new Map<string, Buffer>()
  return {
    read: async (name) => kept.get(name),
    async keep(name, value) {
      if (!kept.has(name)) kept.set(name, value)
      return kept.get(name)!
    },
  }
}

const clock = handClock()

test('replicas that start at once have one key, and leave no other in the token', async () => {
  const { keys, held } = sharedToken()
  const store = cells()
  const replicas = [1, 2, 3].map(() => claimedKeys(keys, 'ambit', store, clock))
  const [first, ...others] = await Promise.all(replicas.map(async (each) => await each.key('root')))
  for (const other of others) expect(other.publicKey.equals(first!.publicKey)).toBe(true)
  expect(held.size).toBe(1)
  expect((await claimedKeys(keys, 'ambit', store, clock).key('root')).publicKey).toBe(first!.publicKey)
})

test('a key of before stays, and one that the store names and the token lacks is not replaced', async () => {
  const { keys, held } = sharedToken()
  const former = await keys.key('root')
  const store = cells()
  expect((await claimedKeys(keys, 'ambit', store, clock).key('root')).publicKey).toBe(former.publicKey)
  held.clear()
  await expect(claimedKeys(keys, 'ambit', store, clock).key('root')).rejects.toMatchObject({
    code: 'ca.signer',
  })
  expect(held.size).toBe(0)
})
