import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../kernel/clock.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFileGuard, openSeries } from './ledger.ts'
import { allEntries, checkList, seriesName, smallLimits } from './series-fixture.ts'

/* A process that writes and turns without a rest is killed again and again; what it acknowledged is there. */

const rounds = 20
const longestMs = 250

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ambit-series-kill-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

const address = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

const writer = `
  const { systemClock } = await import(${address('../kernel/clock.ts')})
  const { createKeyring } = await import(${address('../kernel/keyring.ts')})
  const { openFileGuard, openSeries } = await import(${address('./ledger.ts')})
  const [directory, name, round, limits] = process.argv.slice(1)
  const series = await openSeries({
    directory, name, clock: systemClock, keyring: createKeyring(Buffer.alloc(32, 1), systemClock),
    guard: await openFileGuard(directory + '-guard'), onFailure: (fault) => { throw fault },
    limits: JSON.parse(limits), mergeDelayMs: 5,
  })
  process.stdout.write('ready\\n')
  let at = 0
  const write = () => {
    const entry = round + ' ' + at++
    series.append(entry, (fault, position) => {
      if (fault !== undefined) throw fault
      process.stdout.write(position + ' ' + entry + '\\n')
      setImmediate(write)
    })
  }
  for (let each = 0; each < 8; each++) write()
  for (;;) await series.rotate('again')
`

async function killedRound(directory: string, round: number): Promise<[number, string][]> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', writer, directory, seriesName, String(round), JSON.stringify(smallLimits)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (said.includes('ready\n')) resolve()
    })
  })
  const ended = once(child, 'exit')
  await Promise.race([ready, ended])
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longestMs))
  child.kill('SIGKILL')
  await ended
  const lines = said.slice(0, said.lastIndexOf('\n')).split('\n').slice(1)
  return lines.map((line) => {
    const [position = '', ...entry] = line.split(' ')
    return [Number(position), entry.join(' ')]
  })
}

test('killed in the middle of turns, a series has every acknowledged entry where it was', async () => {
  const directory = join(root, 'log')
  const acknowledged = new Map<number, string>()
  for (let round = 0; round < rounds; round++) {
    for (const [position, entry] of await killedRound(directory, round)) {
      expect(acknowledged.has(position), `position ${position} was given twice`).toBe(false)
      acknowledged.set(position, entry)
    }
  }
  await using series = await openSeries({
    directory,
    name: seriesName,
    clock: systemClock,
    keyring: createKeyring(Buffer.alloc(32, 1), systemClock),
    guard: await openFileGuard(`${directory}-guard`),
    onFailure: (fault) => {
      throw fault
    },
    limits: smallLimits,
  })
  const found = new Map(await allEntries(series))
  const lost = [...acknowledged].filter(([position, entry]) => found.get(position) !== entry)
  expect(lost).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(rounds)
  expect(series.list.shards.length).toBeGreaterThan(rounds / 2)
  expect(await checkList(series)).toMatchObject({ ok: true })
}, 120_000)
