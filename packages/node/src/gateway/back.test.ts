import { expect, test } from 'vitest'
import type { BackAnswer, BackQuestion } from './back.ts'
import { judgeBack, recordBack } from './back-judgement.ts'
import type { IngressSink } from './gateway.ts'
import { aCapability, aHolder, anIntake, aPath, aSink, aTarget } from './path-fixture.ts'
import { submit } from './submit.ts'

const question: BackQuestion = {
  capability: { ...aCapability(), id: 'elicitation/create' },
  arguments: { message: 'Which city?' },
  protocolIn: 'mcp/2025-11-25',
}
const refusal = {
  class: 'refuse',
  reasons: [{ code: 'mandate.no-entry', rule: 'm_1', what: 'not allowed' }],
  obligations: [],
} as const
const answer: BackAnswer = { status: 'completed', value: { action: 'accept' } }

interface Asked {
  readonly act: string
  readonly answered: (answer: BackAnswer) => void
  withdrawn: boolean
}

function askingPath() {
  const path = aPath()
  const asked: Asked[] = []
  const sink: IngressSink = {
    ...aSink(),
    asks(_question, act, answered) {
      const one: Asked = { act, answered, withdrawn: false }
      asked.push(one)
      return () => void (one.withdrawn = true)
    },
  }
  const handle = submit(path.parts, anIntake(), sink)
  path.sync()
  return { path, asked, handle, upstream: path.upstream[0]! }
}

test('a question of a target is a child act: recorded before the caller hears it, and with its answer', () => {
  const { path, asked, handle, upstream } = askingPath()
  const answers: BackAnswer[] = []
  upstream.sink.ask(question, (given) => answers.push(given))
  expect(asked).toEqual([])
  path.sync()
  expect(asked).toHaveLength(1)
  asked[0]!.answered(answer)
  path.sync()
  expect(answers).toEqual([answer])
  const leaves = path.entries.map((entry) => JSON.parse(entry) as Record<string, unknown>)
  expect(leaves.slice(1)).toMatchObject([
    { kind: 'act.intent', act: asked[0]!.act, parent: handle.id, capability: 'elicitation/create' },
    { kind: 'act.outcome', act: asked[0]!.act, status: 'completed' },
  ])
  // The target acts, on behalf of whoever called it.
  expect(leaves[1]!['callers']).toEqual([aTarget().id, ...aHolder().callers])
  expect(path.parts.inFlight.size).toBe(1)
})

test('a question that the mandate does not allow never reaches the caller, and the refusal is recorded', () => {
  const { path, asked, upstream } = askingPath()
  path.decision = refusal
  const answers: BackAnswer[] = []
  upstream.sink.ask(question, (given) => answers.push(given))
  path.sync()
  expect(asked).toEqual([])
  expect(answers).toMatchObject([{ status: 'failed', error: { code: 'mandate.no-entry' } }])
  expect(JSON.parse(path.entries[1]!)).toMatchObject({
    kind: 'act.refused',
    capability: 'elicitation/create',
  })
})

test('an act that is stopped takes its questions back', () => {
  const { path, asked, upstream } = askingPath()
  const answers: BackAnswer[] = []
  upstream.sink.ask(question, (given) => answers.push(given))
  path.sync()
  const stopped = path.parts.inFlight.stop((act) => act.parent === undefined, 'record.recalled', 'recalled')
  path.sync()
  expect(stopped).toHaveLength(2)
  expect(asked[0]!.withdrawn).toBe(true)
  expect(answers).toMatchObject([{ status: 'cancelled', error: { code: 'record.recalled' } }])
  expect(path.parts.inFlight.size).toBe(0)
  expect(path.parts.inFlight.openActs()).toEqual([])
})

test('the end of an act ends the questions that nobody answered', () => {
  const { path, asked, upstream } = askingPath()
  upstream.sink.ask(question, () => undefined)
  path.sync()
  upstream.sink.outcome({ status: 'completed', value: {} })
  expect(asked[0]!.withdrawn).toBe(true)
  path.sync()
  expect(path.parts.inFlight.size).toBe(0)
})

test('a caller that takes no questions is no reason to wait', () => {
  const path = aPath()
  submit(path.parts, anIntake(), aSink())
  path.sync()
  const answers: BackAnswer[] = []
  path.upstream[0]!.sink.ask(question, (given) => answers.push(given))
  path.sync()
  expect(answers).toMatchObject([{ status: 'failed', error: { code: 'caller.cannot-answer' } }])
})

test('questions that stand in an answer are judged before it is given, and recorded once they are answered', async () => {
  const path = aPath()
  const intake = {
    holder: aHolder(),
    target: aTarget(),
    parent: 'a'.repeat(32),
    trace: 'a'.repeat(32),
    question,
    protocolOut: 'mcp/2026-07-28',
  }
  expect(await judgeBack(path.parts, [intake])).toBeUndefined()
  expect(path.entries).toEqual([])
  const recorded = recordBack(path.parts, intake, answer)
  path.sync()
  await recorded
  expect(path.story).toEqual(['act.intent', 'act.outcome', 'durable', 'durable'])
  path.decision = refusal
  const judged = judgeBack(path.parts, [intake])
  path.sync()
  expect(await judged).toEqual(refusal)
})
