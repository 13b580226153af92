import { expect, test } from 'vitest'
import { silentLog } from '../kernel/log.ts'
import { createNaming } from './own-naming.ts'

function room(wants: (address: string) => boolean) {
  const named: string[] = []
  const read: string[] = []
  const lines: string[] = []
  let version = 1
  let fails = false
  const say = (event: string) => void lines.push(event)
  const admits = createNaming({
    wantsNamed: {
      digestOf: (address) => (address.startsWith('2001:') ? `v${version}` : undefined),
      async wants(address) {
        read.push(address)
        return await Promise.resolve(wants(address))
      },
    },
    identity: {
      async addAddress(address) {
        await Promise.resolve()
        if (fails) throw new Error('the token is away')
        named.push(address)
      },
    },
    log: { ...silentLog, warn: say, error: say },
  })!
  return {
    named,
    read,
    lines,
    admits,
    change: () => void (version += 1),
    break: (isBroken: boolean) => void (fails = isBroken),
  }
}

test('a connection waits until the certificate names the address, where its record wants that', async () => {
  const { admits, named, read } = room((address) => address === '2001:db8::1')
  // Those that come at once wait for the one certificate.
  const answers = [admits('2001:db8::1'), admits('2001:db8::1')]
  expect(answers.every((answer) => answer instanceof Promise)).toBe(true)
  expect(named).toEqual([])
  for (const answer of answers) expect(await answer).toBe(true)
  expect(named).toEqual(['2001:db8::1'])
  expect([admits('2001:db8::1'), admits('::1'), admits(undefined)]).toEqual([true, true, true])
  expect(read).toEqual(['2001:db8::1'])
})

test('a record that does not want it is read once for each version', async () => {
  const { admits, named, read, change } = room(() => false)
  expect(await admits('2001:db8::2')).toBe(true)
  expect(admits('2001:db8::2')).toBe(true)
  change()
  expect(await admits('2001:db8::2')).toBe(true)
  expect([named.length, read.length]).toEqual([0, 2])
})

test('a certificate names so many, and one that cannot be made is tried again', async () => {
  const { admits, named, lines, break: setBroken } = room(() => true)
  setBroken(true)
  expect(await admits('2001:db8::a')).toBe(true)
  setBroken(false)
  await admits('2001:db8::a')
  expect([named, lines]).toEqual([['2001:db8::a'], ['agents.address-not-named']])
  await Promise.all(Array.from({ length: 150 }, async (_, at) => await admits(`2001:db8::1:${at}`)))
  expect(named).toHaveLength(100)
  expect(lines).toHaveLength(1 + 51)
})
