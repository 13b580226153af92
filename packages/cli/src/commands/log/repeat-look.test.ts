import { expect, test } from 'vitest'
import type { Output } from '../../context.ts'
import { createContext } from '../../context.ts'
import { fakeTerminal } from '../../fake-node.ts'
import { repeatLook } from './repeat-look.ts'

/** Looks that come to these exit codes: how many there were, and how long was waited between them. */
async function looks(exitCodes: readonly (0 | 1 | 2)[], once?: boolean) {
  let replies = 0
  const waits: number[] = []
  const context = createContext(fakeTerminal({}), { reply: () => void replies++, tell: () => undefined })
  const rest = [...exitCodes]
  const lookOnce = async (): Promise<Output> => {
    const exitCode = rest.shift()
    if (exitCode === undefined) throw new Error('looked too often')
    return { text: '', json: null, exitCode }
  }
  const options = { every: '5', ...(once === undefined ? {} : { once }) }
  await repeatLook(context, options, lookOnce, async (ms) => void waits.push(ms))
  return { replies, waits }
}

test('looks again until there is proof of misbehaviour', async () => {
  expect(await looks([0, 0, 2, 0, 1])).toEqual({ replies: 5, waits: [5000, 5000, 5000, 5000] })
})

test('looks once where that is asked for, whatever it finds', async () => {
  expect(await looks([0], true)).toEqual({ replies: 1, waits: [] })
  expect(await looks([2], true)).toEqual({ replies: 1, waits: [] })
})

test('refuses to look without pause', async () => {
  const context = createContext(fakeTerminal({}), { reply: () => undefined, tell: () => undefined })
  const look = async () => ({ text: '', json: null })
  await expect(repeatLook(context, { every: '0' }, look)).rejects.toThrow('too short')
})
