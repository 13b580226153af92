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
  'upstream.sign-in': {
    status: 403,
    retryable: false,
    title: 'The server behind this node wants the person to sign in',
    remedy: 'Let the person sign in at the address given, then make the same call again.',
  },
  'upstream.denied': {
    status: 403,
    retryable: false,
    title: 'The server behind this node does not let this person do that',
    remedy: 'Ask its owner for the right to it; signing in again does not help.',
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
    title: 'As many acts are under way as may be',
    remedy: 'Try again in a moment.',
  },
  'act.rate-limited': {
    status: 429,
    retryable: true,
    title: 'There are more acts than this node takes in a second',
    remedy: 'Wait as long as the answer says, then try again; the operator sets how many are taken.',
  },
  'check.request': {
    status: 403,
    retryable: false,
    title: 'What the data plane asks about can be read in two ways',
    remedy: 'Send the request once more, in the plain form that the detail names.',
  },
  'check.target': {
    status: 403,
    retryable: false,
    title: 'No record of this node is what the data plane asks about',
    remedy: 'Name the record in the configuration of the data plane, as `ambit-target`.',
  },
  'check.capability': {
    status: 403,
    retryable: false,
    title: 'The record has no capability that is what the data plane asks about',
    remedy:
      'Add it to the record, or name one in the configuration of the data plane, as `ambit-capability`.',
  },
  'check.body': {
    status: 403,
    retryable: false,
    title: 'The body cannot be read in the way that its target would read it',
    remedy: 'Send one JSON object in UTF-8 with each member once, whole and not compressed.',
  },
  'push.too-many': {
    status: 429,
    retryable: false,
    title: 'There are as many settings of push notifications as may be',
    remedy: 'Delete those that are no longer needed, then set up the new one.',
  },
  'push.unknown': {
    status: 404,
    retryable: false,
    title: 'Nobody waits for push notifications at this address',
    remedy: 'Stop sending: the setting was deleted, or its task ended long ago.',
  },
  'push.token': {
    status: 401,
    retryable: false,
    title: 'The token is not the one that this setting of push notifications has',
    remedy: 'Send the token of the setting, as `X-A2A-Notification-Token` or as the bearer token.',
  },
  'push.invalid': {
    status: 400,
    retryable: false,
    title: 'The push notification is not of its form, or not about its task',
    remedy: 'Send one StreamResponse of A2A 1.0 about the task that the setting was made for.',
  },
  'push.full': {
    status: 429,
    retryable: true,
    title: 'As many push notifications wait as this node keeps',
    remedy: 'Send it again later: the receiver does not take them as fast as they come.',
  },
  'push.not-delivered': {
    status: 502,
    retryable: true,
    title: 'The receiver did not take the push notification',
    remedy: 'It is tried again by itself; see to it that the receiver answers with a status of 200 to 299.',
  },
  'push.given-up': {
    status: 504,
    retryable: false,
    title: 'The push notification was tried for as long as this node tries, and is given up',
    remedy: 'Ask for the task to see its newest state.',
  },
} as const satisfies FaultRows
