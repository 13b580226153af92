import type { LivenessState } from '../api/types.ts'

/** Whether agents answer. */
export const enLiveness = {
  liveness: {
    states: {
      unknown: 'Not asked yet',
      alive: 'Answers',
      failing: 'Answers at times',
      dead: 'Does not answer',
      differs: 'Serves something else',
    } satisfies Record<LivenessState, string>,
    answered: 'Last answer',
    never: 'never',
    problem: 'Last problem',
  },
}
