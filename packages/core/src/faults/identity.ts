import type { FaultRows } from './row.ts'

export const identityFaults = {
  'auth.missing': {
    status: 401,
    retryable: false,
    title: 'This needs you to say who you are',
    remedy: 'Send a token as `Authorization: Bearer …`, or sign in.',
  },
  'auth.unknown-token': {
    status: 401,
    retryable: false,
    title: 'This node does not know that token',
    remedy: 'Make a new one with `ambit connect` or on the page of the mandate.',
  },
  'auth.expired': {
    status: 401,
    retryable: false,
    title: 'That token or link is no longer valid',
    remedy: 'Make a new one.',
  },
  'auth.revoked': {
    status: 403,
    retryable: false,
    title: 'That token was revoked',
    remedy: 'Ask the person who gave it to you for a new one.',
  },
  'auth.role': {
    status: 403,
    retryable: false,
    title: 'Your role does not allow this',
    remedy: 'Ask an owner of the organisation for the role named.',
  },
} as const satisfies FaultRows
