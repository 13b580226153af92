import type { FaultRows } from './row.ts'

export const outboxFaults = {
  'undo.contents-gone': {
    status: 410,
    retryable: false,
    title: 'What would be needed to undo this is no longer kept',
    remedy: 'Undo it at the agent or server itself; its contents were erased, or are not kept on this node.',
  },
  'undo.done': {
    status: 409,
    retryable: false,
    title: 'This was undone before, or is being undone',
    remedy: 'Look at it in the feed; nothing is undone twice.',
  },
  'undo.failed': {
    status: 502,
    retryable: false,
    title: 'It could not be undone',
    remedy: 'Read why, mend that and try again, or undo it at the agent or server itself.',
  },
  'undo.no-inverse': {
    status: 409,
    retryable: false,
    title: 'This cannot be undone',
    remedy: 'Undo it at the agent or server itself, where that has a way; this node knows none.',
  },
  'undo.not-done': {
    status: 409,
    retryable: false,
    title: 'There is nothing to undo',
    remedy: 'Look at its state in the feed.',
  },
  'undo.not-yours': {
    status: 403,
    retryable: false,
    title: 'This was not done in your name',
    remedy: 'Ask the person in whose name it was done, or an owner of the organisation.',
  },
  'undo.session': {
    status: 403,
    retryable: false,
    title: 'Undoing this needs the person, not a token',
    remedy: 'Sign in to the console or with `ambit sign-in`, and undo it there.',
  },
  'undo.too-late': {
    status: 409,
    retryable: false,
    title: 'The time in which this could be undone is over',
    remedy: 'Undo it at the agent or server itself, where that has a way.',
  },
} as const satisfies FaultRows
