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
  'mandate.session': {
    status: 403,
    retryable: false,
    title: 'An API token gives only what asks a person each time',
    remedy:
      'Give every entry the decision `ask` or `user`, or sign in: with `ambit login`, or in the console.',
  },
  'rule.not-yours': {
    status: 403,
    retryable: false,
    title: 'The rule is not yours to make or to take away',
    remedy: 'Make rules for what is done in your own name, or ask an owner of the organisation.',
  },
  'rule.over': {
    status: 400,
    retryable: false,
    title: 'The rule would be over already',
    remedy: 'Name an end that is still to come, or leave it out.',
  },
  'rule.too-many': {
    status: 429,
    retryable: false,
    title: 'There are as many rules as there may be',
    remedy: 'Take rules away that are no longer needed, or make one that covers several.',
  },
  'stop.invalid': {
    status: 400,
    retryable: false,
    title: 'The stop does not say what it is to stop',
    remedy: 'Name the agent, the mandate or the person; only `everything` names nothing.',
  },
  'stop.lifted': {
    status: 409,
    retryable: false,
    title: 'The stop was lifted before',
    remedy: 'Nothing is to be done; set a new stop where one is wanted.',
  },
  'stop.not-yours': {
    status: 403,
    retryable: false,
    title: 'This is not yours to stop, or not yours to let go on',
    remedy: 'Stop what is done in your own name, or ask an owner of the organisation.',
  },
  'stop.too-many': {
    status: 429,
    retryable: false,
    title: 'You have set as many stops as may be in force at once',
    remedy: 'Lift those that are no longer needed, or stop everything in your name by one.',
  },
} as const satisfies FaultRows
