import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCheckpointText } from '@ambit/core/log/checkpoint'
import { testToken } from '@ambit/testkit/token'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { createKeyring } from '../kernel/keyring.ts'
import { sha256 } from './hash.ts'
import { openFileGuard, openSeries } from './ledger.ts'
import type { Series } from './ledger.ts'
import { allEntries, checkList, seriesIn, seriesName, smallLimits } from './series-fixture.ts'
import { Tree } from './tree.ts'

/*
 * A log whose key lies in a token that is slow and fails: cut off at every step, and killed again and again. What was
 * acknowledged is there, and whatever the token ever signed is a part of the log that is left.
 */

const root = mkdtempSync(join(tmpdir(), 'ambit-token-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('cut off before anything that the token does, or around the guard, a log goes on with what it acknowledged', async () => {
  const where = join(root, 'cut')
  const token = testToken(join(where, 'token'))
  const cuts: { moment: string; copy: string; acknowledged: number }[] = []
  let acknowledged = 0
  let watching = false
  const at = (moment: string): void => {
    if (!watching) return
    const copy = join(root, `cut-${cuts.length}`)
    cpSync(where, copy, { recursive: true })
    cuts.push({ moment, copy, acknowledged })
    series.append(`during ${moment} ${cuts.length}`, () => acknowledged++)
  }
  token.before = (what) => at(`before the token has to ${what}`)
  const given = await seriesIn(where, undefined, { token })
  const guard: typeof given.guard = {
    read: async (origin) => await given.guard.read(origin),
    async advance(origin, from, to) {
      at(`before the guard of ${origin}`)
      const taken = await given.guard.advance(origin, from, to)
      at(`after the guard of ${origin}`)
      return taken
    },
  }
  await using series: Series = await openSeries({ ...given, guard })
  for (let each = 0; each < 5; each++) await series.write(`entry ${each}`)
  acknowledged = 5
  watching = true
  await series.checkpoint(series.size)
  await series.rotate('a test')
  watching = false
  await series.settle()
  const whole = texts(await allEntries(series))

  for (const { moment, copy, acknowledged: promised } of cuts) {
    for (const label of ['2026h2', '2026h2-2']) rmSync(join(copy, 'log', label, 'lock'), { force: true })
    const kept = testToken(join(copy, 'token'))
    await using again = await openSeries(await seriesIn(copy, undefined, { token: kept }))
    const found = texts(await allEntries(again))
    expect(found.length, moment).toBeGreaterThanOrEqual(promised)
    expect(whole.slice(0, found.length), moment).toEqual(found)
    await again.write('and on')
    await again.rotate('once more')
    expect(await checkList(again), moment).toMatchObject({ ok: true })
    // Keys of attempts that were cut off are taken up again; those of logs that ended are gone.
    expect(kept.names(), moment).toHaveLength(1)
  }
  const moments = new Set(cuts.map(({ moment }) => moment))
  for (const what of ['make', 'sign', 'remove']) expect(moments).toContain(`before the token has to ${what}`)
  expect(cuts.length).toBeGreaterThan(10)
})

const address = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

const writer = `
  const { appendFileSync, writeSync } = await import('node:fs')
  const { Fault } = await import('@ambit/core/fault')
  const { systemClock } = await import(${address('../kernel/clock.ts')})
  const { createKeyring } = await import(${address('../kernel/keyring.ts')})
  const { openFileGuard, openSeries } = await import(${address('./ledger.ts')})
  const { testToken } = await import(${address('../../../testkit/src/token.ts')})
  const [directory, name, round, limits] = process.argv.slice(1)
  const token = testToken(directory + '-token')
  let ready = false
  token.before = async (what, key, bytes) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8))
    if (ready && Math.random() < 0.1) throw new Fault('ledger.signer', { detail: 'the token is away' })
    // Written before it is signed: whatever the token may have signed stands there.
    if (bytes !== undefined) appendFileSync(directory + '-signed', Buffer.from(bytes).toString('base64') + '\\n')
  }
  const series = await openSeries({
    directory, name, token, clock: systemClock, keyring: createKeyring(Buffer.alloc(32, 1), systemClock),
    guard: await openFileGuard(directory + '-guard'), onFailure: () => undefined,
    limits: JSON.parse(limits), mergeDelayMs: 5,
  })
  ready = true
  let at = 0
  const write = () => {
    const entry = round + ' ' + at++
    series.append(entry, (fault, position) => {
      if (fault === undefined) writeSync(1, position + ' ' + entry + '\\n')
      else if (!fault.retryable) throw fault
      setTimeout(write, fault === undefined ? 1 : 20)
    })
  }
  for (let each = 0; each < 8; each++) write()
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    await series.rotate('again').catch(() => undefined)
  }
`

async function killedAfter(directory: string, round: number, acknowledgements: number): Promise<string[]> {
  const args = [directory, seriesName, String(round), JSON.stringify(smallLimits)]
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: new URL('.', import.meta.url),
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (text.split('\n').length > acknowledgements) child.kill('SIGKILL')
  })
  await new Promise((resolve) => child.on('close', resolve))
  return text.slice(0, text.lastIndexOf('\n')).split('\n')
}

test('killed while the token signs, a log has what it acknowledged and was never signed otherwise', async () => {
  const directory = join(root, 'killed')
  const acknowledged = new Map<number, string>()
  for (const [round, count] of [1, 60, 300, 7, 500, 150, 900, 40, 1500, 20, 700, 250].entries()) {
    for (const line of await killedAfter(directory, round, count)) {
      const position = Number(line.split(' ', 1)[0])
      expect(acknowledged.has(position), `position ${position} was given twice`).toBe(false)
      acknowledged.set(position, line.slice(line.indexOf(' ') + 1))
    }
  }
  expect(acknowledged.size).toBeGreaterThan(4000)
  await using series = await openSeries({
    directory,
    name: seriesName,
    token: testToken(`${directory}-token`),
    clock: systemClock,
    keyring: createKeyring(Buffer.alloc(32, 1), systemClock),
    guard: await openFileGuard(`${directory}-guard`),
    limits: smallLimits,
    onFailure: (fault) => {
      throw fault
    },
  })
  const entries = new Map(await allEntries(series))
  expect([...acknowledged].filter(([position, entry]) => entries.get(position) !== entry)).toEqual([])
  expect(await checkList(series)).toMatchObject({ ok: true })
  expect(series.list.shards.length).toBeGreaterThan(2)

  const signed = readFileSync(`${directory}-signed`, 'utf8').split('\n')
  const roots = await rootsOf(series)
  let checked = 0
  for (const line of signed) {
    const checkpoint = parseCheckpointText(Buffer.from(line, 'base64').toString())
    if (!checkpoint.ok) continue
    const { origin, size, root: signedRoot } = checkpoint.checkpoint
    expect(roots.get(`${origin} ${size}`), `${origin} at ${size}`).toBe(signedRoot.toBase64())
    checked++
  }
  expect(checked).toBeGreaterThan(20)
}, 120_000)

/** The root of each log of the series at each of its sizes. */
async function rootsOf(series: Series): Promise<Map<string, string>> {
  const roots = new Map<string, string>()
  const { shards } = series.list
  let tree = new Tree({ put: () => undefined })
  for await (const { index, entry } of series.entries(0)) {
    const { origin, first } = shards.findLast((shard) => index >= shard.first)!
    if (index === first) tree = new Tree({ put: () => undefined })
    tree.append(sha256(Buffer.concat([Buffer.of(0), entry])))
    roots.set(`${origin} ${tree.size}`, Buffer.from(tree.root(), 'latin1').toString('base64'))
  }
  return roots
}

const texts = (entries: readonly [number, string][]): string[] =>
  entries.map(([, text]) => text).filter((text) => !text.startsWith('{'))
