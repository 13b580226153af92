import type { FaultRows } from './row.ts'

export const commonFaults = {
  internal: {
    status: 500,
    retryable: true,
    title: 'Something unexpected happened',
    remedy: 'Try again; if it happens again, look for this time in the log of the node.',
  },
  'input.invalid': {
    status: 400,
    retryable: false,
    title: 'The input is not of the form asked for',
    remedy: 'Correct the member named and send it again.',
  },
  'input.too-large': {
    status: 413,
    retryable: false,
    title: 'The body is larger than this node accepts',
    remedy: 'Send less, or ask the operator to raise the limit named.',
  },
  'input.not-found': {
    status: 404,
    retryable: false,
    title: 'There is nothing under that name',
    remedy: 'Check the name or identifier; a list command shows what there is.',
  },
  'input.conflict': {
    status: 409,
    retryable: false,
    title: 'That contradicts what already exists',
    remedy: 'Look at what exists under that name, then change one of the two.',
  },
  'request.host': {
    status: 403,
    retryable: false,
    title: 'The Host or Origin header names a place this node does not answer for',
    remedy: 'Use one of the addresses the node prints at start, or add the name to AMBIT_HOSTS.',
  },
  'node.draining': {
    status: 503,
    retryable: true,
    title: 'The node is stopping and takes no new acts',
    remedy: 'Try again in a moment, or use another node.',
  },
} as const satisfies FaultRows
