import type { Outcome } from '@ambit/core/act'
import { expect, test } from 'vitest'
import type { Remedy } from '../signin/signin.ts'
import { aCapability, anIntake, aPath, aSink } from './path-fixture.ts'
import type { HeardSink, PathStory } from './path-fixture.ts'
import { submit } from './submit.ts'

interface Scene {
  readonly path: PathStory
  readonly sink: HeardSink
  /** What the node said was sent with the act, of each refusal. */
  readonly used: (string | undefined)[]
}

/** An act on a target that wants a sign-in, whose first try it refuses. */
async function refused(
  remedy: Remedy | undefined,
  reversibility: 0 | 2 = 0,
  secret = 'oauth',
): Promise<Scene> {
  const path = aPath()
  const used: (string | undefined)[] = []
  let tokens = 0
  const signIns = {
    peek: () => `Bearer ${++tokens}`,
    authorization: async () => undefined,
    refused: async (_who: unknown, server: string, _challenge: unknown, header: string | undefined) => {
      used.push(`${server} ${header}`)
      return remedy
    },
  }
  const intake = anIntake(aCapability(reversibility))
  const interfaces = intake.target.interfaces.map((each) => ({
    ...each,
    security: [{ header: 'authorization', secret }],
  }))
  const sink = aSink()
  submit({ ...path.parts, signIns }, { ...intake, target: { ...intake.target, interfaces } }, sink)
  path.sync()
  await refuse(path, 0)
  path.sync()
  return { path, sink, used }
}

/** The target refuses a try, and the node has thought about it. */
async function refuse(path: PathStory, at: number): Promise<void> {
  path.upstream[at]!.sink.outcome({
    status: 'failed',
    error: { code: 'upstream.invalid', detail: 'it wants a credential' },
    challenge: { status: 401, header: 'Bearer words="theirs"' },
  })
  await new Promise((resolve) => setImmediate(resolve))
}

function outcomeOf({ sink }: Scene): Outcome | undefined {
  return sink.heard.find((each): each is Outcome => typeof each === 'object' && 'status' in each)
}

test('says where the person signs in, in words and as an address', async () => {
  const scene = await refused('sign-in')
  expect(scene.used).toEqual(['http://127.0.0.1:1/ Bearer 1'])
  expect(outcomeOf(scene)?.error).toEqual({
    code: 'upstream.sign-in',
    detail:
      'weather wants the person to sign in, at http://localhost/registry/weather/sign-in ; then make the same call again',
    url: 'http://localhost/registry/weather/sign-in',
  })
  expect(scene.path.upstream.length).toBe(1)
})

test('sends a read once more with the renewed token, and only once', async () => {
  const scene = await refused('renewed')
  expect(scene.path.upstream.map(({ outbound }) => outbound.headers[1])).toEqual(['Bearer 1', 'Bearer 2'])
  await refuse(scene.path, 1)
  expect(scene.path.upstream.length).toBe(2)
  expect(outcomeOf(scene)?.error?.code).toBe('upstream.sign-in')
  expect(scene.path.story.filter((step) => step === 'act.outcome').length).toBe(1)
})

test('sends nothing again that is no read: its caller may', async () => {
  const scene = await refused('renewed', 2)
  expect(scene.path.upstream.length).toBe(1)
  expect(outcomeOf(scene)?.error).toMatchObject({ code: 'upstream.sign-in' })
  expect(outcomeOf(scene)?.error?.url).toBeUndefined()
})

test('tells a refusal that no sign-in helps against', async () => {
  expect(outcomeOf(await refused('denied'))?.error?.code).toBe('upstream.denied')
  expect(outcomeOf(await refused(undefined))?.error?.code).toBe('upstream.invalid')
})

test('asks nobody to sign in where the record says nothing of it', async () => {
  const scene = await refused('sign-in', 0, 'authorization')
  expect(scene.used).toEqual([])
  expect(outcomeOf(scene)?.error?.code).toBe('upstream.invalid')
  expect(JSON.stringify(scene.sink.heard)).not.toContain('theirs')
})
