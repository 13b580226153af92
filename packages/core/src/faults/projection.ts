import type { FaultRows } from './row.ts'

export const projectionFaults = {
  'format.unknown': {
    status: 400,
    retryable: false,
    title: 'The document is of no format that records are read from',
    remedy: 'Name the format: a2a, mcp, acs, anp, ard or ai-catalog.',
  },
  'format.invalid': {
    status: 400,
    retryable: false,
    title: 'The document is not of its format',
    remedy: 'Correct the member named, or name another format.',
  },
  'format.too-large': {
    status: 413,
    retryable: false,
    title: 'The document is larger or deeper than any description need be',
    remedy: 'Cut it to what describes one agent: 256 KiB, 32 levels, 20,000 values at most.',
  },
  'format.address': {
    status: 400,
    retryable: false,
    title: 'The document holds an address that this node does not take',
    remedy:
      'Use public https addresses without a password. The operator allows others by range in AMBIT_ALLOW_ADDRESSES.',
  },
  'format.unreachable': {
    status: 502,
    retryable: true,
    title: 'The document could not be had from that address',
    remedy: 'Check that the address itself gives the document, without a redirect, and try again.',
  },
} as const satisfies FaultRows
