import type { FaultRows } from './row.ts'

export const registryFaults = {
  'record.invalid': {
    status: 400,
    retryable: false,
    title: 'The record is not of the form asked for',
    remedy: 'Correct the member named and send it again.',
  },
  'record.name-taken': {
    status: 409,
    retryable: false,
    title: 'Another record has that name',
    remedy: 'Choose another name, or retire the other record first.',
  },
  'record.version-taken': {
    status: 409,
    retryable: false,
    title: 'That version exists already and a version never changes',
    remedy: 'Give a higher version number.',
  },
  'record.state': {
    status: 409,
    retryable: false,
    title: 'The record is not in a state that allows this step',
    remedy: 'Look at its state; the steps are draft, submitted, active, suspended, recalled, retired.',
  },
  'record.unreachable': {
    status: 502,
    retryable: true,
    title: 'The agent or server did not answer as its protocol asks',
    remedy: 'Check that it is running at that address and speaks the protocol, then try again.',
  },
  'record.sign-in': {
    status: 409,
    retryable: false,
    title: 'The server wants you to sign in first',
    remedy: 'Sign in at the address in `signIn`, then register it again.',
  },
  'address.refused': {
    status: 400,
    retryable: false,
    title: 'That address is not one this node will call',
    remedy:
      'Private, loopback and link-local addresses need the operator to allow the range in AMBIT_ALLOW_ADDRESSES.',
  },
} as const satisfies FaultRows
