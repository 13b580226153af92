/*
 * `npx node scripts/mandate-vectors.ts`: makes the vectors of mandates anew. Ed25519 signatures are the same each time,
 * so nothing changes unless the format does.
 */
import { writeFileSync } from 'node:fs'
import { chains } from './mandate-vectors/chains.ts'
import { constraints } from './mandate-vectors/constraints.ts'

function write(name: string, value: unknown): void {
  const file = new URL(`../vectors/mandates/${name}.json`, import.meta.url)
  writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`)
}

write('chains', await chains())
write('constraints', constraints())
