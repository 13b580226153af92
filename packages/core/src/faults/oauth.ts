import type { FaultRows } from './row.ts'

/** Faults of this node as authorization server: of clients that log in, and of people who let them. */
export const oauthFaults = {
  'oauth.request': {
    status: 410,
    retryable: false,
    title: 'This request to let a client in is not there any more',
    remedy: 'Begin again in the client: a request waits half an hour, and is decided once.',
  },
  'oauth.not-yours': {
    status: 403,
    retryable: false,
    title: 'Another person, or another browser, began this request',
    remedy: 'Begin again in the client, and decide in the browser it opens.',
  },
  'oauth.client': {
    status: 400,
    retryable: false,
    title: 'The client does not say who it is as it should',
    remedy: 'Tell whoever makes the client; its document or registration is wrong.',
  },
  'oauth.too-many': {
    status: 429,
    retryable: true,
    title: 'Too many clients register or log in from there',
    remedy: 'Wait a few seconds and try again.',
  },
} as const satisfies FaultRows
