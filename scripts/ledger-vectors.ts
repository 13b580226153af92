/*
 * `npx node scripts/ledger-vectors.ts`: makes the vectors of cosignatures, policies, witnessed proofs and witness messages
 * anew. ML-DSA-44 signatures are randomized, so their bytes change; whatever a reader has to answer stays.
 */
import { writeFileSync } from 'node:fs'
import { cosignatures } from './ledger-vectors/cosignatures.ts'
import { policies } from './ledger-vectors/policies.ts'
import { promises, receiptsOverLogs } from './ledger-vectors/promises.ts'
import { witnessMessages } from './ledger-vectors/witness-messages.ts'
import { witnessedProofs } from './ledger-vectors/witnessed-proofs.ts'

function write(name: string, value: unknown): void {
  const file = new URL(`../vectors/ledger/${name}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`)
}

write('cosignatures', await cosignatures())
write('policies', await policies())
write('witnessed-proofs', await witnessedProofs())
write('witness-messages', await witnessMessages())
write('promises', await promises())
write('receipts-over-logs', await receiptsOverLogs())
