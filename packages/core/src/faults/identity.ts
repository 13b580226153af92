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
  'auth.proof': {
    status: 401,
    retryable: false,
    title: 'That token needs a proof by the key it belongs to',
    remedy: 'Send `Authorization: DPoP …` and a fresh proof in the header DPoP (RFC 9449).',
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
  'identity.closed': {
    status: 403,
    retryable: false,
    title: 'That organisation is closed on this node',
    remedy: 'Ask an owner of the organisation that runs the node to open it again.',
  },
  'identity.node-operators': {
    status: 403,
    retryable: false,
    title: 'Only the organisation that runs this node may do this',
    remedy: 'Ask an owner of that organisation; it is the first one of the node.',
  },
  'passkey.unknown': {
    status: 404,
    retryable: false,
    title: 'This node knows no such passkey of yours at this address',
    remedy: 'Sign in with a link at the address you use, and add a passkey there.',
  },
  'passkey.challenge': {
    status: 400,
    retryable: true,
    title: 'The passkey answered another question, or one that is used up or too old',
    remedy: 'Begin again; each question is answered once, within five minutes.',
  },
  'passkey.origin': {
    status: 400,
    retryable: false,
    title: 'A passkey cannot be used at this address',
    remedy: 'Open the console by its name over https, or as localhost on the machine itself.',
  },
  'passkey.counter': {
    status: 403,
    retryable: false,
    title: 'This passkey has counted backwards, so there may be a copy of it',
    remedy: 'Remove it and add a new one; if you did not copy it, tell an owner.',
  },
  'passkey.not-verified': {
    status: 403,
    retryable: false,
    title: 'The passkey did not prove that it is you',
    remedy: 'Try again and let your device check your finger, face or PIN.',
  },
  'passkey.old-session': {
    status: 403,
    retryable: false,
    title: 'You signed in too long ago to add a passkey',
    remedy: 'Sign in again, then add it within ten minutes.',
  },
} as const satisfies FaultRows
