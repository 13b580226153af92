import { postgresRows } from './bench/ledger-postgres.ts'
import { mkdtempSync, rmSync } from 'node:fs'
const folder = mkdtempSync('/tmp/b/bench-')
console.table(await postgresRows({ address: process.argv[2]!, folder, bytes: 200, ms: 1500, rounds: 3 }))
rmSync(folder, { recursive: true })
process.exit(0)
