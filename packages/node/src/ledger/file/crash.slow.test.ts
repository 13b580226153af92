import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../kernel/clock.ts'
import { noteSigner, openFileGuard, openLedger } from '../ledger.ts'

const root = mkdtempSync(join(tmpdir(), 'ambit-crash-'))
afterAll(() => rm(root, { recursive: true }))

const origin = 'node.example/activity'
const { privateKey } = generateKeyPairSync('ed25519')
/** The same here and in the child: small segments, so that many are begun while it is killed. */
const limits = {
  segmentBytesMin: 65_536,
  segmentBytesMax: 262_144,
  batchBytes: 32_768,
  batchEntries: 512,
  ringHashes: 2048,
}

/** A writer of its own process, which prints each acknowledged index and entry until it is killed. */
const writer = (directory: string, pem: string): string => `
  import { createPrivateKey } from 'node:crypto'
  import { writeSync } from 'node:fs'
  const { noteSigner, openFileGuard, openLedger } = await import(${JSON.stringify(new URL('../ledger.ts', import.meta.url).href)})
  const { systemClock: clock } = await import(${JSON.stringify(new URL('../../kernel/clock.ts', import.meta.url).href)})
  const signer = noteSigner(${JSON.stringify(origin)}, createPrivateKey(${JSON.stringify(pem)}))
  const directory = ${JSON.stringify(directory)}
  const guard = await openFileGuard(directory + '-guard')
  const limits = ${JSON.stringify(limits)}
  const onFailure = (fault) => { throw fault }
  const ledger = await openLedger({ directory, origin: signer.name, signer, guard, clock, onFailure, limits, mergeDelayMs: 5 })
  const one = (serial) => {
    const entry = process.pid + ' ' + serial + ' ' + 'x'.repeat(serial % 300)
    ledger.append(entry, (fault, index) => {
      if (fault !== undefined) throw fault
      writeSync(1, index + ' ' + process.pid + ' ' + serial + '\\n')
      one(serial + 50)
    })
  }
  for (let each = 0; each < 50; each++) one(each)
`

async function killedAfter(directory: string, acknowledgements: number): Promise<Map<number, string>> {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer(directory, pem)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let lines = 0
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    lines += chunk.toString().split('\n').length - 1
    if (lines >= acknowledgements) child.kill('SIGKILL')
  })
  await new Promise((resolve) => child.on('close', resolve))
  const whole = text.slice(0, text.lastIndexOf('\n')).split('\n')
  return new Map(whole.map((line) => [Number(line.split(' ')[0]), line.slice(line.indexOf(' ') + 1)]))
}

test('entries acknowledged by a process that is killed are there, round after round', async () => {
  const directory = join(root, 'log')
  const acknowledged = new Map<number, string>()
  for (const count of [1, 400, 3000, 9000]) {
    for (const [index, entry] of await killedAfter(directory, count)) {
      expect(acknowledged.has(index)).toBe(false)
      acknowledged.set(index, entry)
    }
  }
  expect(acknowledged.size).toBeGreaterThan(12_000)
  await using ledger = await openLedger({
    directory,
    origin,
    signer: noteSigner(origin, privateKey),
    guard: await openFileGuard(`${directory}-guard`),
    clock: systemClock,
    limits,
    onFailure: (fault) => {
      throw fault
    },
  })
  const entries: string[] = []
  for await (const { entry } of ledger.entries(0)) entries.push(Buffer.from(entry).toString())
  for (const [index, entry] of acknowledged) expect(entries[index]!.startsWith(`${entry} `)).toBe(true)
  await ledger.prove(ledger.size - 1)
}, 60_000)
