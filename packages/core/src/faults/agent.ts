import type { FaultRows } from './row.ts'

/** Faults of agents that reach the node as themselves: by a certificate, or by a signature over the request. */
export const agentFaults = {
  'auth.sender': {
    status: 403,
    retryable: false,
    title: 'The token is of a mandate of another agent',
    remedy:
      'Send no token: the certificate or signature says who you are. Or use a token that was made for you.',
  },
  'auth.mandate': {
    status: 401,
    retryable: false,
    title: 'It is not clear under which mandate this agent acts',
    remedy: 'Ask the person for a mandate that names this agent, or name one in the header Ambit-Mandate.',
  },
  'auth.signature': {
    status: 401,
    retryable: false,
    title: 'The signature of the request does not show who sends it',
    remedy: 'Sign the request anew, as docs/guide/agents-connections.md says (RFC 9421).',
  },
  'request.digest': {
    status: 400,
    retryable: false,
    title: 'The body is not the one that was signed',
    remedy: 'Send the body whose digest the header Content-Digest holds, unchanged on its way.',
  },
} as const satisfies FaultRows
