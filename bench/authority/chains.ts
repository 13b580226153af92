import { grant, revoke } from '@ambit/node/authority/authority'
import { createChainCheck } from '@ambit/node/authority/chain-check'
import type { ChainCheck, CheckedChain } from '@ambit/node/authority/chain-check'
import { createPresenting } from '@ambit/node/authority/presented'
import type { Presenting } from '@ambit/node/authority/presented'
import { handedOn } from '@ambit/testkit/handed-on'
import { memorySigner } from '@ambit/testkit/signers'
import { median } from '../machine.ts'
import type { World } from './world.ts'
import { entries, request } from './world.ts'

const chainCount = 400
/** The first ones find the code cold, which is the runtime's matter. */
const warmUpChains = 100
const warmRounds = 60
/** As with the cold ones. */
const warmUpRounds = 20

export interface ChainTimes {
  /** A chain that was never seen: form, signatures, narrowing. */
  readonly coldMs: number
  /** A chain that was seen: found by the digest of its text; revocation and time of every link are looked at. */
  readonly warmUs: number
}

/** Chains of three links (a person's mandate, handed on twice offline) of so many entries each, as a stranger sends them. */
export async function measureChains(world: World, entryCount: number): Promise<ChainTimes> {
  const { authority } = world
  const check = createChainCheck()
  const presenting = createPresenting({ ...authority.mandates, chains: check })
  const chains: unknown[] = []
  for (let at = 0; at < chainCount; at++) chains.push(await foreignChain(world, entryCount))
  const cold = chains.map((chain) => timed(() => expectSound(check, chain)))
  const now = world.clock.now()
  for (const chain of chains) await presenting.takeIn(expectSound(check, chain), now)
  const warm: number[] = []
  for (let round = 0; round < warmRounds; round++) {
    for (const chain of chains) {
      const took = await useAgain(check, presenting, chain, now)
      if (round >= warmUpRounds) warm.push(took)
    }
  }
  await expectRevocable(world, presenting, expectSound(check, chains[0]))
  return { coldMs: median(cold.slice(warmUpChains)), warmUs: median(warm) * 1000 }
}

/** A text, parsed: nothing of it is an object that the node has. */
async function foreignChain({ authority, person, clock }: World, entryCount: number): Promise<unknown> {
  const outside = memorySigner()
  const wanted = request(person, clock, { holder: outside.key, allow: entries(entryCount) })
  const root = await grant(authority.mandates, wanted)
  const wish = { notBefore: clock.now() }
  const first = await handedOn([root.signed], outside, wish)
  const { chain } = await handedOn(first.chain, first.key, wish)
  return JSON.parse(JSON.stringify(chain))
}

function timed(run: () => unknown): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

async function useAgain(
  check: ChainCheck,
  presenting: Presenting,
  chain: unknown,
  now: number,
): Promise<number> {
  const start = performance.now()
  const checked = check.check(chain)
  if (checked.ok) await presenting.takeIn(checked, now)
  return performance.now() - start
}

function expectSound(check: ChainCheck, chain: unknown): CheckedChain {
  const checked = check.check(chain)
  if (!checked.ok) throw new Error(`a sound chain was refused: ${checked.what}`)
  return checked
}

/** What is remembered of a chain does not outlive it. */
async function expectRevocable(
  { authority, person, clock }: World,
  presenting: Presenting,
  checked: CheckedChain,
): Promise<void> {
  await revoke(authority.mandates, checked.links[1]!.body.id, person, undefined)
  const answer = await presenting.takeIn(checked, clock.now()).catch(() => undefined)
  if (answer !== undefined) throw new Error('a revoked chain was taken in')
}
