import type { FaultRows } from './row.ts'

export const storeFaults = {
  'store.unavailable': {
    status: 503,
    retryable: true,
    title: 'The store does not answer',
    remedy: 'Check that the database is running and reachable, then try again.',
  },
  'store.migration': {
    status: 500,
    retryable: false,
    title: 'The store could not be brought to the form this version needs',
    remedy: 'Use the version of Ambit that wrote this store, or restore a backup.',
  },
} as const satisfies FaultRows
