import type { FaultRows } from './row.ts'

export const governanceFaults = {
  'catalog.invalid': {
    status: 500,
    retryable: false,
    title: 'A file of the catalogue is missing or not of the form asked for',
    remedy: 'Correct the member named, or restore the file that came with this version.',
  },
} as const satisfies FaultRows
