import type { FaultRows } from './row.ts'

export const authorityFaults = {
  'mandate.invalid': {
    status: 400,
    retryable: false,
    title: 'The mandate is not of the form asked for',
    remedy: 'Correct the member named and send it again.',
  },
} as const satisfies FaultRows
