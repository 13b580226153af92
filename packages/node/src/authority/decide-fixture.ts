import type { Allow, SignedMandate } from '@ambit/core/mandate'
import type { Profile } from '@ambit/core/record'
import type { Rule } from '@ambit/core/rule'
import { loadCatalog } from '../kernel/catalog.ts'
import type { Target, TargetCapability } from '../registry/target.ts'
import type { Question } from './authority.ts'
import type { Sources } from './decide.ts'
import { LiveChain } from './live-chain.ts'
import { compiledChainOf, createMandateBook, lineage } from './mandate-book.ts'
import { createRuleBook } from './rule-book.ts'
import { createStopBook } from './stop-book.ts'

const { decisions: catalogue } = loadCatalog()
const digest = `sha256:${'0'.repeat(64)}` as const

export function capabilityOf(
  id: string,
  profile: Partial<Profile> = {},
  change: Partial<TargetCapability> = {},
): TargetCapability {
  const whole: Profile = {
    effect: 'write',
    reversibility: 0,
    roles: {},
    integrity: {},
    dataClasses: [],
    ...profile,
  }
  return { id, definition: digest, profile: whole, accepted: true, held: false, served: {}, ...change }
}

export function targetOf(change: Partial<Target> = {}): Target {
  return {
    id: '1.2.156.1',
    slug: 'mail',
    organization: 'main',
    kind: 'tool-server',
    digest,
    version: '1.0.0',
    state: 'active',
    ruling: undefined,
    title: 'Mail',
    interfaces: [],
    capabilities: new Map(),
    ...change,
  }
}

/** A chain of one mandate of Ann's, which allows everything alone unless these entries say otherwise. */
export function aChain(
  allow: Allow[] = [{ target: '*', capability: '*', decision: 'autonomous' }],
): LiveChain {
  const signed: SignedMandate = {
    body: {
      v: 1,
      type: 'mandate',
      id: 'm_0',
      issuer: 'did:key:z0',
      holder: 'did:key:z1',
      subject: 'p_ann',
      organization: 'main',
      purpose: 'test',
      allow,
      limits: {},
      delegate: { depthMax: 3 },
      notBefore: '2026-11-01T00:00:00.000Z',
      expires: '2026-12-01T00:00:00.000Z',
      nonce: '0123456789abcdef',
    },
    signature: { alg: 'ed25519', key: 'did:key:z0', value: '' },
  }
  const entry = createMandateBook().add(signed)!
  return new LiveChain({
    signed: lineage(entry).map((link) => link.signed),
    digest,
    entry,
    compiled: compiledChainOf(entry),
    budgets: [],
  })
}

export function aQuestion(chain: LiveChain, change: Partial<Question> = {}): Question {
  return {
    chain,
    target: targetOf(),
    capability: capabilityOf('send'),
    arguments: {},
    labels: { integrity: 3, confidentiality: 0 },
    place: undefined,
    now: Date.UTC(2026, 10, 20),
    ...change,
  }
}

let made = 0

/** A rule of the organisation that asks about everything, unless said otherwise. */
export function aRule(change: Partial<Rule> = {}): Rule {
  return {
    v: 1,
    type: 'rule',
    id: `ru_made_${made++}`,
    organization: 'main',
    person: 'p_ann',
    created: '2026-11-01T00:00:00.000Z',
    scope: 'organization',
    target: '*',
    capability: '*',
    decision: 'ask',
    ...change,
  }
}

export function someSources(change: Partial<Sources> = {}): Sources {
  return {
    table: catalogue,
    targetOf: () => undefined,
    rules: createRuleBook(),
    stops: createStopBook(),
    ...change,
  }
}
