import type { FaultRows } from './row.ts'

/** Of the domains that organisations prove to be theirs. */
export const ownershipFaults = {
  'ownership.domain': {
    status: 400,
    retryable: false,
    title: 'That is no domain that can be proved',
    remedy: 'Give a public domain name such as example.org, without a scheme, port or path.',
  },
  'ownership.not-proved': {
    status: 409,
    retryable: true,
    title: 'The proof of the domain was not found',
    remedy:
      'Put the token into the file https://<domain>/.well-known/ambit-domain or a TXT record of _ambit.<domain>, then check again.',
  },
  'ownership.required': {
    status: 409,
    retryable: false,
    title: 'The record has addresses outside the domains that its organisation proved',
    remedy: 'Prove the domain named (`ambit domains add`), or change the address.',
  },
  'ownership.too-many': {
    status: 409,
    retryable: false,
    title: 'An organisation has that many domains at most',
    remedy: 'Remove a domain that is no longer needed.',
  },
} as const satisfies FaultRows
