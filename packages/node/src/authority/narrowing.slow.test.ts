import type { Allow, SignedMandate } from '@ambit/core/mandate'
import { allowed } from '@ambit/core/mandate/allowed'
import type { AllowQuestion } from '@ambit/core/mandate/allowed'
import { widenedAllow } from '@ambit/core/mandate/narrowing'
import { wordsOf } from '@ambit/core/mandate/words'
import type { Confidentiality } from '@ambit/core/label'
import type { Profile } from '@ambit/core/record'
import { MandateDraw, spokenWords } from '@ambit/testkit/mandate-draw'
import { expect, test } from 'vitest'
import { loadCatalog } from '../kernel/catalog.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import { decide } from './decide.ts'
import { LiveChain } from './live-chain.ts'
import { compiledChainOf, createMandateBook, lineage } from './mandate-book.ts'
import { createRuleBook } from './rule-book.ts'
import { createStopBook } from './stop-book.ts'

const pairsWanted = 1_000_000
const actsPerChain = 250
const seed = 20_261_120
const now = Date.UTC(2026, 10, 20)
const digest = `sha256:${'0'.repeat(64)}` as const

const sources = {
  table: loadCatalog().decisions,
  targetOf: () => undefined,
  rules: createRuleBook(),
  stops: createStopBook(),
}

/** A chain of these links, or one of them alone, as the node decides under it. Signatures are not looked at. */
function liveOf(links: readonly (readonly Allow[])[], task: string): LiveChain {
  const book = createMandateBook()
  const entries = links.map((allow, at) => book.add(signedOf(allow, at, task))!)
  const entry = entries.at(-1)!
  const signed = lineage(entry).map((link) => link.signed)
  return new LiveChain({ signed, digest, entry, compiled: compiledChainOf(entry), budgets: [] })
}

function signedOf(allow: readonly Allow[], at: number, task: string): SignedMandate {
  return {
    body: {
      v: 1,
      type: 'mandate',
      id: `m_${at}`,
      issuer: 'did:key:z1',
      holder: 'did:key:z1',
      subject: 'p_ann',
      organization: 'main',
      ...(at === 0 ? {} : { parent: `m_${at - 1}` }),
      purpose: 'test',
      allow: [...allow],
      limits: {},
      delegate: { depthMax: 9 - at },
      ...(task === '' ? {} : { task }),
      notBefore: '2026-11-01T00:00:00.000Z',
      expires: '2026-12-01T00:00:00.000Z',
      nonce: '0123456789abcdef',
    },
    signature: { alg: 'ed25519', key: 'did:key:z1', value: '' },
  }
}

const targets = new Map<string, Target>()
const capabilities = new Map<string, TargetCapability>()

function targetOf({ id, slug }: AllowQuestion['target']): Target {
  const known = targets.get(id)
  if (known !== undefined) return known
  const target: Target = {
    id,
    slug,
    organization: 'main',
    kind: 'tool-server',
    digest,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: slug,
    interfaces: [],
    capabilities: new Map(),
  }
  targets.set(id, target)
  return target
}

/** One for each target, capability and effect, so that what is prepared for them is used again as on a node. */
function capabilityOf({ target, capability, effect }: AllowQuestion): TargetCapability {
  const key = `${target.id} ${capability} ${effect}`
  const known = capabilities.get(key)
  if (known !== undefined) return known
  const profile: Profile = { effect, reversibility: 0, roles: {}, integrity: {}, dataClasses: [] }
  const made: TargetCapability = {
    id: capability,
    definition: digest,
    profile,
    accepted: true,
    held: false,
    served: {},
  }
  capabilities.set(key, made)
  return made
}

/** Whether the node lets it through, be it only after a question or by the person: what no entry covers is refused. */
function covered(chain: LiveChain, act: AllowQuestion): boolean {
  const decision = decide(
    chain,
    {
      chain,
      target: targetOf(act.target),
      capability: capabilityOf(act),
      arguments: act.arguments,
      labels: { integrity: 0, confidentiality: act.confidentiality as Confidentiality },
      place: act.place,
      now,
    },
    sources,
  )
  return decision.reasons.every(({ code }) => code !== 'mandate.no-entry')
}

test(
  'of a million chains and acts, no act is allowed to a child that its parent forbids',
  { timeout: 240_000 },
  () => {
    const draw = new MandateDraw(seed)
    let pairs = 0
    let childAllows = 0
    let parentAllowsOnly = 0
    let chains = 0
    while (pairs < pairsWanted) {
      const task = draw.pick(spokenWords)
      const words = task === '' ? undefined : wordsOf(task)
      const links = [draw.entries()]
      for (let tries = 0; links.length < 4 && tries < 8; tries++) {
        const child = draw.tighter(links.at(-1)!)
        if (widenedAllow(child, links.at(-1)!) === undefined) links.push(child)
      }
      if (links.length < 2) continue
      chains++
      const alone = links.map((link) => liveOf([link], task))
      const whole = liveOf(links, task)
      for (let at = 0; at < actsPerChain; at++) {
        const act = draw.act(words)
        const plain = links.map((link) => allowed(link, act))
        const node = alone.map((chain) => covered(chain, act))
        // The node reads an entry as core does, and a chain as all of its links.
        if (node.join() !== plain.join() || covered(whole, act) !== plain.every(Boolean)) {
          throw new Error(`node and core differ: ${JSON.stringify({ links, task, node, plain })}`)
        }
        for (let link = 1; link < links.length; link++) {
          pairs++
          if (plain[link] === true && plain[link - 1] !== true) {
            throw new Error(
              `a child allows more: ${JSON.stringify({ links, act: String(act.arguments), task })}`,
            )
          }
          if (plain[link] === true) childAllows++
          else if (plain[link - 1] === true) parentAllowsOnly++
        }
      }
    }
    console.info(
      `${pairs} pairs of a chain and an act from ${chains} chains (seed ${seed}): the child allows ${childAllows}, ` +
        `only its parent ${parentAllowsOnly}, neither ${pairs - childAllows - parentAllowsOnly}`,
    )
    expect(childAllows).toBeGreaterThan(pairs / 100)
    expect(parentAllowsOnly).toBeGreaterThan(pairs / 100)
  },
)
