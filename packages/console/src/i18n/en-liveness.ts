import type { LivenessState } from '../api/types.ts'

/** Whether agents answer, and what proves them. */
export const enLiveness = {
  liveness: {
    title: 'Signs of life',
    states: {
      unknown: 'Not asked yet',
      alive: 'Answers',
      failing: 'Answers at times',
      dead: 'Does not answer',
      differs: 'Serves something else',
    } satisfies Record<LivenessState, string>,
    since: 'since',
    answered: 'Last answer',
    never: 'never',
    available: (day: string, week: string) => `${day} of heartbeats in 24 hours, ${week} in 7 days`,
    latency: (p50: number, p95: number) => `half within ${p50} ms, 95 % within ${p95} ms`,
    problem: 'Last problem',
    differs: 'Served otherwise than accepted, and held',
  },
  proofs: {
    domains: 'Proved domains',
    keys: 'Keys',
    certificates: 'Certificates',
    until: 'until',
    keyStates: { active: 'in force', retired: 'retired', compromised: 'compromised' } as Readonly<
      Record<string, string>
    >,
  },
}
