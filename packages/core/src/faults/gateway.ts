import type { FaultRows } from './row.ts'

export const gatewayFaults = {
  'upstream.unreachable': {
    status: 502,
    retryable: true,
    title: 'The agent or server behind this node did not answer',
    remedy: 'Try again later; its owner sees this in the registry.',
  },
  'upstream.timeout': {
    status: 504,
    retryable: true,
    title: 'The agent or server behind this node took too long',
    remedy: 'Try again later, or ask the operator to raise AMBIT_UPSTREAM_TIMEOUT_MS.',
  },
  'upstream.too-large': {
    status: 502,
    retryable: false,
    title: 'The answer of the agent or server is larger than this node passes on',
    remedy: 'Ask for less, or have its owner answer in a stream.',
  },
  'upstream.invalid': {
    status: 502,
    retryable: false,
    title: 'The answer of the agent or server is not of its protocol',
    remedy: 'Its owner must correct it; the record of the act says what came.',
  },
  'act.refused': {
    status: 403,
    retryable: false,
    title: 'This act is not allowed',
    remedy: 'The reasons say which rule refused it and how to ask.',
  },
  'act.cancelled': {
    status: 409,
    retryable: false,
    title: 'The act was stopped',
    remedy: 'Look at the record of the act for who stopped it and why.',
  },
  'act.unknown': {
    status: 404,
    retryable: false,
    title: 'There is no such act',
    remedy: 'Check the identifier; the list of acts shows those of your organisation.',
  },
  'act.busy': {
    status: 503,
    retryable: true,
    title: 'This node has as many acts under way as it can carry',
    remedy: 'Try again in a moment.',
  },
} as const satisfies FaultRows
