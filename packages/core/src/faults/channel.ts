import type { FaultRows } from './row.ts'

export const channelFaults = {
  'channel.not-https': {
    status: 400,
    retryable: false,
    title: 'Notifications are sent by https only',
    remedy: 'Give an https address; http is for addresses of your own network that the operator allowed.',
  },
  'channel.keys': {
    status: 400,
    retryable: false,
    title: 'The keys are not those of a browser’s subscription',
    remedy: 'Send what `subscription.toJSON()` gives in the browser, as it is.',
  },
  'channel.too-many': {
    status: 409,
    retryable: false,
    title: 'You have as many of these as a person may have',
    remedy: 'Remove those that are no longer used, then try again.',
  },
} as const satisfies FaultRows
