import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '@ambit/core/canonical'
import { formatVkey } from '@ambit/core/log/note'
import { afterAll, expect, test } from 'vitest'
import { openSeries } from '../../../../node/src/ledger/ledger.ts'
import type { Series } from '../../../../node/src/ledger/ledger.ts'
import { seriesIn, seriesName } from '../../../../node/src/ledger/series-fixture.ts'
import { fakeTerminal } from '../../fake-node.ts'
import { runAmbit } from '../../program.ts'
import { startFakeLog } from './fake-log.ts'
import type { FakeLog } from './fake-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-log-series-'))
afterAll(() => rmSync(folder, { recursive: true }))
let places = 0
const place = (): string => join(folder, String(places++))
const sixMonthsMs = 200 * 86_400_000

/** One command with `--json`: its exit code and answer, and what it said besides. */
async function log(...argv: readonly string[]) {
  const terminal = fakeTerminal({})
  const exitCode = await runAmbit(['log', ...argv, '--tries', '1', '--json'], terminal)
  const answer = JSON.parse(terminal.printed.at(-1) ?? 'null') as Record<string, unknown>
  return { exitCode, answer, errors: terminal.errors.join('\n') }
}

type HandClock = Awaited<ReturnType<typeof seriesIn>>['clock']

interface Served extends AsyncDisposable {
  readonly series: Series
  readonly clock: HandClock
  readonly fake: FakeLog
  /** The address of the list and its key, as arguments. */
  readonly list: readonly [string, string, string]
  /** What is served instead of the node's own file; null: nothing. */
  readonly instead: Map<string, Uint8Array | null>
}

/** A node's series of logs in a folder, served over loopback as the node serves it. */
async function serve(change: Parameters<typeof seriesIn>[2] = {}): Promise<Served> {
  const options = await seriesIn(place(), undefined, change)
  const series = await openSeries(options)
  const fake = await startFakeLog(new Map())
  const instead = new Map<string, Uint8Array | null>()
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const other = instead.get(path)
    // The node answers what it has no more with a status of trouble or absence; both are no file.
    const bytes =
      other === undefined ? (await series.file(path).catch(() => undefined))?.bytes : (other ?? undefined)
    if (bytes === undefined) response.writeHead(404).end()
    else response.writeHead(200).end(bytes)
  }
  fake.behave = (path, response) => {
    void answer(path, response)
    return true
  }
  return {
    series,
    clock: options.clock,
    fake,
    list: [`${fake.url}/`, '--list-vkey', series.list.vkey],
    instead,
    async [Symbol.asyncDispose]() {
      await fake[Symbol.asyncDispose]()
      await series[Symbol.asyncDispose]()
    },
  }
}

async function monitor({ list }: Served, state: string, ...more: readonly string[]) {
  return await log('monitor', ...list, '--state', state, '--once', '--silent', '3000d', ...more)
}

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`
/** The terminal of these tests lives in January 2026, before the logs of the fixture begin. */
const yearMs = 365 * 86_400_000
const at = (clock: HandClock): string => new Date(clock.now() - yearMs).toISOString()
const intent = (clock: HandClock, act: string): string =>
  canonicalJson({
    v: 1,
    at: at(clock),
    kind: 'act.intent',
    act,
    trace: 't',
    callers: ['c'],
    links: ['m'],
    chain: digest('1'),
    target: digest('2'),
    capability: 'send',
    definition: digest('3'),
    in: 'mcp',
    out: 'mcp',
    arguments: digest('4'),
    labels: { integrity: 1, confidentiality: 1 },
    rulings: 1,
    decision: 'allow',
  })
const outcome = (clock: HandClock, act: string): string =>
  canonicalJson({ v: 1, at: at(clock), kind: 'act.outcome', act, status: 'completed', durationMs: 1 })

test('monitor follows a node from one log into the next, with what its acts began', async () => {
  await using served = await serve()
  const { series, clock } = served
  const state = place()
  await series.write(intent(clock, 'a'))
  await series.checkpoint(series.size)
  expect(await monitor(served, state)).toMatchObject({
    exitCode: 1,
    answer: { alarms: [{ code: 'intent-without-outcome', log: `${seriesName}/2026h2`, index: 1 }] },
  })
  await series.write(intent(clock, 'b'))
  clock.advance(sixMonthsMs)
  await series.settle()
  const ruling = { ruling: 'r', what: 'recall', record: 'x', digests: [digest('2')], digest: digest('6') }
  await series.write(canonicalJson({ v: 1, at: at(clock), kind: 'ruling', ...ruling }))
  await series.write(outcome(clock, 'b'))
  await series.rotate('a test')
  clock.advance(60_000)
  await series.write(intent(clock, 'c'))
  await series.write(outcome(clock, 'c'))
  await series.write(outcome(clock, 'd'))
  await series.checkpoint(series.size)
  expect(await monitor(served, state)).toMatchObject({
    exitCode: 1,
    answer: {
      logs: ['2026h2', '2027h1', '2027h1-2'].map((label) => ({
        log: `${seriesName}/${label}`,
        outcome: { kind: 'grown' },
      })),
      alarms: [
        { code: 'act-after-recall', log: `${seriesName}/2027h1-2`, index: 2 },
        { code: 'outcome-without-intent', log: `${seriesName}/2027h1-2`, index: 4 },
      ],
    },
  })
  served.fake.asked.length = 0
  expect(await monitor(served, state)).toMatchObject({
    exitCode: 0,
    answer: { logs: [{ log: `${seriesName}/2027h1-2`, outcome: { kind: 'same' } }], alarms: [] },
  })
  expect(served.fake.asked).toEqual(['shards', '2027h1-2/checkpoint'])
})

test('monitor keeps both lists of a node that takes one back, and refuses a state of one log', async () => {
  await using served = await serve()
  const { series, instead } = served
  const state = place()
  const before = Buffer.from(series.list.note)
  await series.rotate('a test')
  expect(await monitor(served, state)).toMatchObject({ exitCode: 0 })
  instead.set('shards', before)
  const back = await monitor(served, state)
  expect(back).toMatchObject({ exitCode: 1, answer: { outcome: { kind: 'rollback' }, logs: [] } })
  const kept = (back.answer['kept'] as string[]).map((path) => readFileSync(path))
  expect(kept).toEqual([Buffer.from(series.list.note), before])
  expect(await log('fsck', ...served.list, '--since', (back.answer['kept'] as string[])[0]!)).toMatchObject({
    exitCode: 1,
    answer: { outcome: { kind: 'rollback' } },
  })
  instead.clear()
  expect(await monitor(served, state)).toMatchObject({ exitCode: 0 })
  const one = ['--vkey', series.vkey, '--state', state, '--once']
  expect(await log('monitor', `${served.fake.url}/2026h2-2`, ...one)).toMatchObject({ exitCode: 2 })
})

test('monitor tells a rollback of the open log, a missing list and a foreign one', async () => {
  await using served = await serve()
  const { series, instead } = served
  const state = place()
  const before = (await series.file('2026h2/checkpoint'))!.bytes
  await series.write('one')
  await series.checkpoint(series.size)
  expect(await monitor(served, state)).toMatchObject({ exitCode: 0 })
  instead.set('2026h2/checkpoint', before)
  const back = await monitor(served, state)
  expect(back).toMatchObject({ exitCode: 1, answer: { logs: [{ outcome: { kind: 'rollback' } }] } })
  expect((back.answer['kept'] as string[]).every((path) => existsSync(path))).toBe(true)
  instead.set('shards', null)
  expect(await monitor(served, state)).toMatchObject({
    exitCode: 1,
    answer: { outcome: { kind: 'missing' } },
  })
  const foreign = await formatVkey(`${seriesName}/shards`, new Uint8Array(32).fill(1))
  expect(await log('fsck', served.fake.url, '--list-vkey', foreign)).toMatchObject({ exitCode: 1 })
  expect(await log('fsck', served.fake.url, '--list-vkey', 'nonsense')).toMatchObject({ exitCode: 2 })
  expect(await log('fsck', ...served.list, '--vkey', series.vkey)).toMatchObject({ exitCode: 2 })
})

test('monitor keeps its state while it reads a log that grew much', async () => {
  await using served = await serve()
  const { series } = served
  await Promise.all(Array.from({ length: 400 }, async (_, each) => series.write(`entry ${each}`)))
  await series.checkpoint(series.size)
  const { exitCode, answer, errors } = await monitor(served, place(), '--at-once', '256')
  expect([exitCode, errors]).toEqual([0, `${seriesName}/2026h2: 256 of 401 entries read`])
  expect(answer).toMatchObject({
    logs: [{ outcome: { from: 256, size: 401 } }],
    unknown: { unreadable: 400 },
  })
  const one = [`${served.fake.url}/2026h2`, '--vkey', series.vkey, '--once'] as const
  expect(await log('monitor', ...one, '--state', place(), '--at-once', '256')).toMatchObject({
    exitCode: 0,
    errors: '256 of 401 entries read',
  })
})

test('no command reads a log that claims more entries than --entries-max', async () => {
  await using served = await serve()
  const { series, fake } = served
  for (let each = 0; each < 5; each++) await series.write(`entry ${each}`)
  await series.checkpoint(series.size)
  const one = [`${fake.url}/2026h2`, '--vkey', series.vkey] as const
  const look = ['--state', place(), '--once']
  fake.asked.length = 0
  const tooLarge = { exitCode: 2, answer: { logs: [{ outcome: { kind: 'too-large' } }] } }
  for (const command of ['fsck', 'monitor', 'mirror']) {
    const more = command === 'monitor' ? look : command === 'mirror' ? [place(), '--once'] : []
    const [first, ...rest] = served.list
    const positional = command === 'mirror' ? [first, more.shift()!, ...rest] : served.list
    expect(await log(command, ...positional, ...more, '--entries-max', '5'), command).toMatchObject(tooLarge)
  }
  expect(await log('fsck', ...one, '--entries-max', '5')).toMatchObject({ exitCode: 2 })
  expect(fake.asked.some((path) => path.includes('tile'))).toBe(false)
  expect(await log('fsck', ...one, '--entries-max', '6')).toMatchObject({ exitCode: 0 })
})

test('mirror copies the whole series in its layout, goes on where it was, and writes the list last', async () => {
  await using served = await serve()
  const { series, fake, instead, list } = served
  const copy = place()
  const mirror = async () => await log('mirror', list[0], copy, ...list.slice(1), '--once')
  await series.write('one')
  await series.rotate('a test')
  await series.write('two')
  await series.checkpoint(series.size)
  instead.set('2026h2-2/tile/entries/000.p/3', Buffer.from('damaged'))
  expect(await mirror()).toMatchObject({ exitCode: 1 })
  expect(readdirSync(copy)).toEqual(['2026h2', '2026h2-2'])
  expect(existsSync(join(copy, '2026h2-2', 'checkpoint'))).toBe(false)
  instead.clear()
  expect(await mirror()).toMatchObject({ exitCode: 0 })
  expect(readFileSync(join(copy, 'shards'), 'utf8')).toBe(series.list.note)
  for (const path of ['2026h2/checkpoint', '2026h2/tile/0/000.p/2', '2026h2-2/tile/entries/000.p/3'])
    expect(readFileSync(join(copy, path)), path).toEqual(Buffer.from((await series.file(path))!.bytes))
  expect(await log('fsck', copy, ...list.slice(1))).toMatchObject({
    exitCode: 0,
    answer: { ok: true, logs: [{ outcome: { size: 2 } }, { outcome: { size: 3 } }] },
  })

  fake.asked.length = 0
  await series.rotate('another test')
  expect(await mirror()).toMatchObject({ exitCode: 0 })
  expect(fake.asked.filter((path) => path.startsWith('2026h2/'))).toEqual([])
  expect(await log('fsck', copy, ...list.slice(1))).toMatchObject({ exitCode: 0 })
  writeFileSync(join(copy, 'shards'), 'no list')
  expect(await mirror()).toMatchObject({ exitCode: 2 })
})

test('fsck takes a log whose entries the node deleted, and finds a damaged one among the others', async () => {
  await using served = await serve({ retainMonths: 7 })
  const { series, clock, instead } = served
  await series.write('one')
  clock.advance(sixMonthsMs)
  await series.settle()
  clock.advance(2 * sixMonthsMs)
  await series.settle()
  clock.advance(10_000)
  await series.settle()
  await series.checkpoint(series.size)
  expect(series.list.shards[0]?.state).toBe('pruned')
  const sound = await log('fsck', ...served.list)
  expect(sound).toMatchObject({ exitCode: 0, answer: { ok: true } })
  instead.set('2026h2/tile/0/000.p/2', Buffer.alloc(64))
  expect(await log('fsck', ...served.list)).toMatchObject({
    exitCode: 1,
    answer: {
      ok: false,
      logs: ['damaged', 'grown', 'grown'].map((kind) => ({ outcome: { kind } })),
    },
  })
})

test('holds each log of a list against the witnesses of a policy', async () => {
  await using served = await serve()
  const policy = place()
  const witness = await formatVkey('witness.example', new Uint8Array(32).fill(3), 'cosignature')
  writeFileSync(policy, `witness w ${witness}\nquorum w\n`)
  expect(await log('fsck', ...served.list, '--policy', policy)).toMatchObject({
    exitCode: 2,
    answer: { logs: [{ outcome: { kind: 'unwitnessed' } }] },
  })
  writeFileSync(policy, `witness w ${witness}\nquorum none\n`)
  expect(await log('fsck', ...served.list, '--policy', policy)).toMatchObject({ exitCode: 0 })
})
