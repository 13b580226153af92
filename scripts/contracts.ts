/* `npx node scripts/contracts.ts`: writes what others build against, made from the schemas and routes of the code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leafSchema } from '@ambit/core/leaf'
import { signedMandateSchema } from '@ambit/core/mandate'
import { promiseSchema } from '@ambit/core/promise'
import { receiptSchema } from '@ambit/core/receipt'
import { recordSchema } from '@ambit/core/record'
import { signedRulingSchema } from '@ambit/core/ruling'
import { openClientAccess } from '@ambit/node/client-access'
import { readConfig } from '@ambit/node/config'
import { openDomains } from '@ambit/node/domains'
import { openDecommissionOf } from '@ambit/node/ending'
import { openFoundation } from '@ambit/node/foundation'
import { openTaskKeeping } from '@ambit/node/pushes'
import { openJournal } from '@ambit/node/journal'
import { InFlight } from '@ambit/node/gateway/in-flight'
import { Traffic } from '@ambit/node/gateway/traffic'
import { openLivenessOf } from '@ambit/node/living'
import { openApi } from '@ambit/node/http/openapi'
import { createReceipts } from '@ambit/node/receipt/receipt'
import { createBackups } from '@ambit/node/ops/backup'
import { createDiskWatch } from '@ambit/node/ops/disk-watch'
import { createKeyProofs } from '@ambit/node/oauth/oauth'
import { nodeVersion } from '@ambit/node/protocols'
import { openProjectionOf } from '@ambit/node/projecting'
import { openResponse } from '@ambit/node/response/response'
import { openScansOf } from '@ambit/node/scanning'
import { openStopping } from '@ambit/node/stopping'
import { routesOf } from '@ambit/node/routes'
import { z } from 'zod'

const nouns = {
  record: recordSchema,
  mandate: signedMandateSchema,
  ruling: signedRulingSchema,
  receipt: receiptSchema,
  promise: promiseSchema,
  leaf: leafSchema,
} as const

/** Each contract by its path from the root; `tests/contracts.test.ts` compares them with what is there. */
export async function contracts(): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = { 'contracts/openapi.json': text(await api()) }
  for (const [noun, schema] of Object.entries(nouns)) {
    files[`contracts/${noun}.schema.json`] = text({
      title: noun,
      ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    })
  }
  return files
}

/** The routes of a node that nobody calls: on a folder of its own, without a server, gone again afterwards. */
async function api(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-contracts-'))
  try {
    const foundation = await openFoundation(readConfig({ AMBIT_DATA: folder, AMBIT_LOG_LEVEL: 'silent' }))
    try {
      const domains = await openDomains(foundation, {
        describers: [],
        origin: () => '',
        stopMandates: async () => 0,
        stopAgent: async () => undefined,
      })
      const { activityLedger: ledger, clock } = foundation
      const response = openResponse({
        registry: domains.registry,
        stop: async () => ({ stopped: 0, acts: [] }),
        log: ledger,
        clock,
        gateway: ledger.origin,
      })
      const receipts = createReceipts(ledger, async () => await domains.contents.settle())
      const inFlight = new InFlight()
      const traffic = new Traffic(clock, foundation.config.traffic)
      return openApi(
        routesOf({
          foundation,
          domains,
          response,
          decommission: await openDecommissionOf(foundation, domains, {
            response,
            pushes: (await openTaskKeeping(foundation, () => '')).pushes,
          }),
          takeOvers: { accept: async () => '' },
          liveness: await openLivenessOf(foundation, domains, { pulses: [], runs: () => false }, response),
          stopping: await openStopping(foundation, domains, inFlight),
          projection: openProjectionOf(foundation, domains, () => ''),
          scans: openScansOf(foundation, domains, new Set()),
          receipts,
          outbox: await openJournal(foundation, domains, nothingToUndo),
          inFlight,
          traffic,
          oauth: await openClientAccess(foundation, domains, {
            origin: () => 'http://localhost:7100',
            proofs: createKeyProofs(clock, () => 'http://localhost:7100'),
            senderOf: () => undefined,
          }),
          disk: createDiskWatch({
            folder,
            reserveBytes: undefined,
            clock,
            log: foundation.log,
            metrics: foundation.metrics,
            onFull: () => undefined,
          }),
          backups: createBackups({
            ...foundation.config,
            store: foundation.store,
            logs: () => [],
            version: nodeVersion,
            clock,
            log: foundation.log,
          }),
          errorOutput: () => undefined,
          origin: () => '',
        }),
      )
    } finally {
      await foundation.disposer.dispose()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function nothingToUndo(): Promise<never> {
  throw new Error('nobody calls these routes')
}

function text(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

if (import.meta.main) {
  for (const [path, content] of Object.entries(await contracts()))
    writeFileSync(new URL(`../${path}`, import.meta.url), content)
}
