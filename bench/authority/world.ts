import type { Allow } from '@ambit/core/mandate'
import { request, world } from '@ambit/node/authority/authority-fixture'
import type { OpenAuthority } from '@ambit/node/authority/authority'
import { openStore } from '@ambit/node/store/store'
import { handClock } from '@ambit/testkit/clock'
import type { HandClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'

export { request }

/** The authority room as a node has it, on an empty store in memory, and a person who gives mandates. */
export interface World extends AsyncDisposable {
  readonly authority: OpenAuthority
  readonly person: string
  readonly clock: HandClock
}

export async function openWorld(): Promise<World> {
  const store = await openStore('sqlite::memory:')
  const clock = handClock()
  const { person, open } = await world(store, clock, memoryLog())
  const authority = await open()
  return {
    authority,
    person,
    clock,
    async [Symbol.asyncDispose]() {
      await authority[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

/**
 * Entries of a mandate in mixed forms: whole targets, prefixes, bounds on arguments, ceilings, places. The first ones let
 * `pay` through up to a sum and everything of `read…`.
 */
export function entries(count: number): Allow[] {
  const all: Allow[] = [
    { target: 'shop', capability: 'pay', decision: 'autonomous', arguments: { amount: { max: 10_000 } } },
    { target: 'shop', capability: 'read*', decision: 'autonomous', confidentiality: 2 },
    { target: 'shop', capability: 'send', decision: 'autonomous', effect: 'write' },
  ]
  for (let at = all.length; at < count; at++) all.push(entry(at))
  return all.slice(0, count)
}

function entry(at: number): Allow {
  const forms: readonly Allow[] = [
    { target: `tool-${at}`, capability: '*', decision: 'ask' },
    {
      target: 'shop',
      capability: `order_${at}*`,
      arguments: { to: { prefix: `https://shop-${at}.example/` } },
    },
    { target: '*', capability: `list_${at}`, effect: 'read', places: ['office', 'home'] },
    { target: 'shop', capability: 'pay', arguments: { to: { in: [`ann-${at}`, `bob-${at}`] } } },
  ]
  return forms[at % forms.length]!
}
