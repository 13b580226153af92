import { authorityFaults } from './authority.ts'
import { commonFaults } from './common.ts'
import { gatewayFaults } from './gateway.ts'
import { identityFaults } from './identity.ts'
import { ledgerFaults } from './ledger.ts'
import { registryFaults } from './registry.ts'
import type { FaultRow } from './row.ts'
import { storeFaults } from './store.ts'

/** Every domain's own table, by the domain's name. */
export const faultTables = {
  common: commonFaults,
  store: storeFaults,
  ledger: ledgerFaults,
  identity: identityFaults,
  registry: registryFaults,
  authority: authorityFaults,
  gateway: gatewayFaults,
} as const

const merged = {
  ...commonFaults,
  ...storeFaults,
  ...ledgerFaults,
  ...identityFaults,
  ...registryFaults,
  ...authorityFaults,
  ...gatewayFaults,
} as const

export type FaultCode = keyof typeof merged

/** All codes of all domains. `table.test.ts` proves that no two domains use one code. */
export const faultRows: Readonly<Record<FaultCode, FaultRow>> = merged
