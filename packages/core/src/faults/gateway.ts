import type { FaultRows } from './row.ts'

export const gatewayFaults = {
  'upstream.unreachable': {
    status: 502,
    retryable: true,
    title: 'The agent or server behind this node did not answer',
    remedy: 'Try again later; its owner sees this in the registry.',
  },
} as const satisfies FaultRows
