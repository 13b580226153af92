import type { FaultRows } from './row.ts'

export const storeFaults = {
  'store.unavailable': {
    status: 503,
    retryable: true,
    title: 'The store does not answer',
    remedy: 'Check that the database is running and reachable, then try again.',
  },
  'store.not-embedded': {
    status: 409,
    retryable: false,
    title: 'The rows of this node lie on a server and are not copied by it',
    remedy: 'Use the means of that server, such as pg_dump.',
  },
  'store.backup-running': {
    status: 409,
    retryable: true,
    title: 'A backup is being made already',
    remedy: 'Wait until it is done; `ambit backup --list` says how far it has come.',
  },
  'store.migration': {
    status: 500,
    retryable: false,
    title: 'The store could not be brought to the form this version needs',
    remedy: 'Use the version of Ambit that wrote this store, or restore a backup.',
  },
} as const satisfies FaultRows
