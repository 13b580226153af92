import { systemClock } from '@ambit/node/kernel/clock'
import type { Clock } from '@ambit/node/kernel/clock'
import { appendAll, codeOf, contents, emptyTally, entryOf, makeFolder, makeKey, note, openIn } from './bed.ts'
import type { Lane } from './bed.ts'

const hourMs = 3_600_000
const steps = [-hourMs, 10 * 365 * 24 * hourMs, -hourMs, -10 * 365 * 24 * hourMs, hourMs]
const entriesEach = 200

/** The clock of the machine goes back an hour or forward ten years: entries keep their order, and are published. */
export const clockSteps: Lane = async (bed) => {
  const tally = emptyTally()
  const folder = makeFolder()
  const time = { offsetMs: 0 }
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + time.offsetMs }
  try {
    makeKey(folder.path)
    const expected: string[] = []
    for (let round = 0; round < (bed.short ? 1 : 20); round++) {
      for (const [at, step] of steps.entries()) {
        tally.rounds++
        time.offsetMs += step
        await using ledger = await openIn(folder.path, { clock })
        if (expected.length === 0) expected.push(Buffer.from(await ledger.read(0)).toString())
        const texts = Array.from({ length: entriesEach }, (_, each) =>
          entryOf(`clock-${round}-${at}-${each}`),
        )
        tally.acknowledged += (await appendAll(ledger, texts)).size
        expected.push(...texts)
        await ledger.checkpoint(ledger.size)
        const found = await contents(ledger)
        if (found.length < expected.length)
          note(tally, 'lost', `step ${step}: ${found.length} of ${expected.length}`)
        if (found.some((text, index) => text !== expected[index]))
          note(tally, 'corrupted', `step ${step}: another order`)
      }
    }
  } catch (error) {
    note(tally, 'lost', codeOf(error))
  } finally {
    folder.remove()
  }
  return tally
}
