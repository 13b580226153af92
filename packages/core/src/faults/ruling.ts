import type { FaultRows } from './row.ts'

export const rulingFaults = {
  'ruling.invalid': {
    status: 400,
    retryable: false,
    title: 'The ruling is not one that can be made',
    remedy: 'Correct the member named and make it again.',
  },
} as const satisfies FaultRows
