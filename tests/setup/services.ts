import { existsSync } from 'node:fs'
import { missingServices } from '@ambit/testkit/services'

/** Says once what is missing on this machine; with AMBIT_REQUIRE_ALL=1 that is a failure. */
export async function setup(): Promise<void> {
  const missing = await missingServices()
  if (!existsSync(new URL('../../../shared/data', import.meta.url))) {
    console.log(
      'not here: ../shared/data (golden vectors and evaluation sets); the tests that read it are skipped',
    )
  }
  if (missing.length === 0) return
  const lines = missing.map((line) => `not here: ${line}`).join('\n')
  if (process.env['AMBIT_REQUIRE_ALL'] === '1') throw new Error(`AMBIT_REQUIRE_ALL=1, but\n${lines}`)
  console.log(`${lines}\nThe tests that need them are skipped.`)
}
