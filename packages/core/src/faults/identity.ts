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
  'auth.session-only': {
    status: 403,
    retryable: false,
    title: 'Only a person who is signed in may do this, never a token',
    remedy: 'Sign in on the console, or with `ambit sign-in`, and do it there.',
  },
  'identity.last-owner': {
    status: 409,
    retryable: false,
    title: 'An organisation needs at least one owner',
    remedy: 'Make somebody else an owner first.',
  },
  'identity.too-many': {
    status: 409,
    retryable: false,
    title: 'There are as many of these as this node keeps',
    remedy: 'Remove those that are no longer needed, then try again.',
  },
} as const satisfies FaultRows
