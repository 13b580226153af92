import { agentAddressFaults } from './address.ts'
import { acpsFaults } from './acps.ts'
import { agentFaults } from './agent.ts'
import { agentKeyFaults } from './agent-key.ts'
import { approvalFaults } from './approval.ts'
import { authorityFaults } from './authority.ts'
import { acmeFaults, caFaults } from './ca.ts'
import { chainFaults } from './chain.ts'
import { channelFaults } from './channel.ts'
import { commonFaults } from './common.ts'
import { contentsFaults } from './contents.ts'
import { gatewayFaults } from './gateway.ts'
import { httpFaults } from './http.ts'
import { governanceFaults } from './governance.ts'
import { identityFaults } from './identity.ts'
import { keyFaults } from './key.ts'
import { ledgerFaults } from './ledger.ts'
import { lifeFaults } from './life.ts'
import { oauthFaults } from './oauth.ts'
import { outboxFaults } from './outbox.ts'
import { ownershipFaults } from './ownership.ts'
import { projectionFaults } from './projection.ts'
import { registryFaults } from './registry.ts'
import type { FaultRow } from './row.ts'
import { rulingFaults } from './ruling.ts'
import { scanFaults } from './scan.ts'
import { signInFaults } from './signin.ts'
import { storeFaults } from './store.ts'

/** Every domain's own table, by the domain's name. */
export const faultTables = {
  common: commonFaults,
  store: storeFaults,
  ledger: ledgerFaults,
  key: keyFaults,
  contents: contentsFaults,
  identity: identityFaults,
  http: httpFaults,
  ruling: rulingFaults,
  signin: signInFaults,
  registry: registryFaults,
  projection: projectionFaults,
  scan: scanFaults,
  life: lifeFaults,
  ownership: ownershipFaults,
  governance: governanceFaults,
  authority: authorityFaults,
  chain: chainFaults,
  approval: approvalFaults,
  outbox: outboxFaults,
  channel: channelFaults,
  gateway: gatewayFaults,
  oauth: oauthFaults,
  agent: agentFaults,
  agentKey: agentKeyFaults,
  ca: caFaults,
  acme: acmeFaults,
  acps: acpsFaults,
  agentAddress: agentAddressFaults,
} as const

const merged = {
  ...commonFaults,
  ...storeFaults,
  ...ledgerFaults,
  ...keyFaults,
  ...contentsFaults,
  ...identityFaults,
  ...httpFaults,
  ...rulingFaults,
  ...signInFaults,
  ...registryFaults,
  ...projectionFaults,
  ...scanFaults,
  ...lifeFaults,
  ...ownershipFaults,
  ...governanceFaults,
  ...authorityFaults,
  ...chainFaults,
  ...approvalFaults,
  ...outboxFaults,
  ...channelFaults,
  ...gatewayFaults,
  ...oauthFaults,
  ...agentFaults,
  ...agentKeyFaults,
  ...caFaults,
  ...acmeFaults,
  ...acpsFaults,
  ...agentAddressFaults,
} as const

export type FaultCode = keyof typeof merged

/** All codes of all domains. `table.test.ts` proves that no two domains use one code. */
export const faultRows: Readonly<Record<FaultCode, FaultRow>> = merged
