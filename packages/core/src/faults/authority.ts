import type { FaultRows } from './row.ts'

export const authorityFaults = {
  'mandate.invalid': {
    status: 400,
    retryable: false,
    title: 'The mandate is not of the form asked for',
    remedy: 'Correct the member named and send it again.',
  },
  'mandate.widened': {
    status: 400,
    retryable: false,
    title: 'The mandate would allow more than the one it comes from',
    remedy: 'Tighten the member named, or ask the person for a wider mandate.',
  },
  'mandate.ended': {
    status: 409,
    retryable: false,
    title: 'The mandate is revoked or over',
    remedy: 'Give a new mandate.',
  },
  'mandate.key-elsewhere': {
    status: 409,
    retryable: false,
    title: 'The key of the mandate is not kept by this node',
    remedy: 'Let its holder sign, and send the signed mandate; or give a mandate without naming a holder.',
  },
  'mandate.not-yours': {
    status: 403,
    retryable: false,
    title: 'The mandate is another person’s',
    remedy: 'Ask that person, or an owner of the organisation.',
  },
  'mandate.too-many': {
    status: 429,
    retryable: false,
    title: 'The mandate has as many children or tokens as it may',
    remedy: 'Revoke those that are no longer used.',
  },
} as const satisfies FaultRows
