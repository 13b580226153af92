import type { FaultRows } from './row.ts'

/** Faults of the server itself: its settings, its addresses, and requests no route is reached by. */
export const httpFaults = {
  'request.method': {
    status: 405,
    retryable: false,
    title: 'That address does not take this method',
    remedy: 'Use one of the methods in the Allow header.',
  },
  'request.media-type': {
    status: 415,
    retryable: false,
    title: 'The body is not of a media type this address takes',
    remedy: 'Send JSON, with `content-type: application/json`.',
  },
  'request.headers': {
    status: 431,
    retryable: false,
    title: 'The headers are longer than this node reads',
    remedy: 'Send fewer or shorter headers; cookies of other programs on this host count too.',
  },
  'request.slow': {
    status: 408,
    retryable: true,
    title: 'The request did not arrive in time',
    remedy: 'Send it again, whole.',
  },
  'request.cross-site': {
    status: 403,
    retryable: false,
    title: 'A page of another origin sent this request with your session',
    remedy: 'Use the console of this node; programs send a token in the Authorization header.',
  },
  'config.invalid': {
    status: 500,
    retryable: false,
    title: 'A setting does not have a value this node can use',
    remedy: 'Correct the environment variable named, then start the node again.',
  },
  'listen.failed': {
    status: 500,
    retryable: false,
    title: 'The node could not listen at its address',
    remedy: 'Stop what uses the port, or give the node another one in AMBIT_PORT.',
  },
} as const satisfies FaultRows
