import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSeries } from './ledger.ts'
import { allEntries, seriesIn } from './series-fixture.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ambit-follow-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

test('hands over what becomes durable, as it stands in the log and before it is acknowledged', async () => {
  await using series = await openSeries(await seriesIn(join(root, 'one')))
  await series.write('before')
  const from = series.size
  const told: [number, string][] = []
  const order: string[] = []
  const follows = series.follow((position, bytes, start, end) => {
    const text = bytes.toString('utf8', start, end)
    told.push([position, text])
    order.push(`told ${text}`)
  })
  expect(follows).toBe(true)
  const texts = Array.from({ length: 800 }, (_, at) => `entry ${at} — ${'é'.repeat(at % 40)}`)
  await Promise.all(
    texts.map(async (text) => {
      await series.write(text)
      order.push(`had ${text}`)
    }),
  )
  expect(told).toEqual(await allEntries(series, from))
  for (const text of texts) expect(order.indexOf(`told ${text}`)).toBeLessThan(order.indexOf(`had ${text}`))
})

test('goes on with the next log after a turn; what opens that log is read', async () => {
  await using series = await openSeries(await seriesIn(join(root, 'two')))
  const told = new Map<number, string>()
  series.follow((position, bytes, start, end) => void told.set(position, bytes.toString('utf8', start, end)))
  await series.write('a')
  await series.rotate('a test')
  await series.write('b')
  const entries = new Map(await allEntries(series))
  for (const [position, text] of told) expect(entries.get(position)).toBe(text)
  expect([...told.values()].filter((text) => text.length === 1)).toEqual(['a', 'b'])
})

test('a follower that throws misses what it did not take, and the log goes on', async () => {
  const options = await seriesIn(join(root, 'three'))
  await using series = await openSeries(options)
  series.follow(() => {
    throw new Error('not mine')
  })
  await series.write('a')
  await series.write('b')
  expect((await allEntries(series)).slice(-2).map(([, text]) => text)).toEqual(['a', 'b'])
  expect(options.failures.length).toBe(2)
})
