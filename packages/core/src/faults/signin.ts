import type { FaultRows } from './row.ts'

/** Faults of a person's sign-in to a server behind this node. */
export const signInFaults = {
  'sign-in.unavailable': {
    status: 502,
    retryable: false,
    title: 'The sign-in of this server cannot be used by this node',
    remedy: 'Tell its owner what is wrong, or give a credential that the owner made for you.',
  },
  'sign-in.unknown': {
    status: 410,
    retryable: false,
    title: 'This sign-in was not begun here, was used before, or its time is over',
    remedy: 'Begin again from the page of the server.',
  },
  'sign-in.not-yours': {
    status: 403,
    retryable: false,
    title: 'Another person began this sign-in',
    remedy: 'Whoever began it must be signed in to the console in this browser; else begin one of your own.',
  },
  'sign-in.refused': {
    status: 400,
    retryable: false,
    title: 'The server did not let you sign in',
    remedy: 'Begin again, and allow what it asks; its owner knows why it refuses.',
  },
} as const satisfies FaultRows
