import { writeSync } from 'node:fs'
import { entryOf, openIn } from './bed.ts'

/*
 * A process that writes the log of a folder and prints what was acknowledged, until it is killed:
 * `node writer.ts <folder> <name>`. Lines: `<index> <serial>`.
 */
const [folder = '', name = ''] = process.argv.slice(2)
const inFlight = 64

const ledger = await openIn(folder, {
  onFailure: (fault) => {
    throw fault
  },
})
let lines = ''
let serial = 0

function one(): void {
  const mine = `${name}-${serial++}`
  ledger.append(entryOf(mine), (fault, index) => {
    if (fault !== undefined) throw fault
    if (lines === '') setImmediate(tell)
    lines += `${index} ${mine}\n`
    one()
  })
}

function tell(): void {
  writeSync(1, lines)
  lines = ''
}

for (let each = 0; each < inFlight; each++) one()
