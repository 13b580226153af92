import type { Decision } from '@ambit/core/decision'
import type { Leaf } from '@ambit/core/leaf'
import { handClock } from '@ambit/testkit/clock'
import { memoryLog } from '@ambit/testkit/logs'
import { memorySigner } from '@ambit/testkit/signers'
import { createLocalBus } from '../bus/local.ts'
import { createIds } from '../kernel/ids.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { silentLog } from '../kernel/log.ts'
import type { Caller } from '../kernel/route.ts'
import type { TargetCapability } from '../registry/target.ts'
import type { Store } from '../store/store.ts'
import { openApprovals } from './approval.ts'
import type { ApprovalOptions } from './approval.ts'
import { approve } from './decision.ts'
import type { Consent } from './decision.ts'
import { transfer } from './suspended-fixture.ts'

export const ann: Caller = { person: 'p_ann', organization: 'main', roles: [], by: 'session' }
export const bob: Caller = { person: 'p_bob', organization: 'main', roles: ['approver'], by: 'session' }
export const origin = 'http://localhost:7100'

/** A transfer that may be made up for, to `to`, of `amount`. */
export const payment = {
  ...transfer,
  reversibility: 2,
  roles: { to: 'sink', amount: 'quantity', secretWord: 'secret' },
  arguments: { to: 'bob', amount: 10, secretWord: 'hunter2' },
} as const

export const transferring: TargetCapability = {
  id: 'transfer',
  definition: transfer.definition,
  profile: {
    effect: 'pay',
    reversibility: 2,
    roles: payment.roles,
    integrity: {},
    dataClasses: [],
  },
  accepted: true,
  held: false,
  served: {
    inputSchema: {
      type: 'object',
      properties: { to: { type: 'string' }, amount: { type: 'number', maximum: 100 } },
      required: ['to', 'amount'],
    },
  },
}

/** Approvals on an empty store, with everything that they need in memory. */
export async function approvalWorld(store: Store, more: Partial<ApprovalOptions> = {}) {
  const clock = handClock()
  const bus = createLocalBus(silentLog)
  const leaves = memoryLog()
  const signer = memorySigner()
  const heard: string[] = []
  for (const subject of ['approval.*', 'standing.*']) bus.subscribe(subject, (_, full) => heard.push(full))
  let full = false
  const state = { decision: { class: 'ask', reasons: [], obligations: [] } as Decision }
  const options: ApprovalOptions = {
    store,
    keyring: createKeyring(Buffer.alloc(32, 7), clock),
    identity: { personSigner: async () => signer },
    leaves: {
      write: async (entry: string) => {
        if (full) throw new Error('full')
        return await leaves.write(entry)
      },
    },
    log: silentLog,
    bus,
    clock,
    ids: createIds(clock),
    expiresMs: 600_000,
    capabilityOf: (_, id) => (id === transferring.id ? transferring : undefined),
    judge: async () => state.decision,
    ...more,
  }
  const open = async () => await openApprovals(options)
  const approvals = await open()
  const cardOf = async (id: string) => (await approvals.parts.store.find(id))!.card
  return {
    approvals,
    clock,
    bus,
    heard,
    leaves,
    open,
    cardOf,
    state,
    fill: (now: boolean) => {
      full = now
    },
    steps: () => leaves.leaves.map((leaf: Leaf) => (leaf.kind === 'approval' ? leaf.step : leaf.kind)),
    give: async (id: string, caller = ann, consent: Partial<Consent> = {}) =>
      await approve(approvals.parts, caller, id, { digest: await cardOf(id), origin, ...consent }),
  }
}
