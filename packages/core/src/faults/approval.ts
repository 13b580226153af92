import type { FaultRows } from './row.ts'

export const approvalFaults = {
  'approval.changed': {
    status: 409,
    retryable: false,
    title: 'What you saw is not what would be approved',
    remedy: 'Look at the card again, then decide.',
  },
  'approval.decided': {
    status: 409,
    retryable: false,
    title: 'This was decided before, or its time is over',
    remedy: 'Look at its state; if it is still wanted, the agent has to ask again.',
  },
  'approval.not-yours': {
    status: 403,
    retryable: false,
    title: 'This is not for you to decide',
    remedy: 'Ask the person named on the card, or an owner or approver of the organisation.',
  },
  'approval.session': {
    status: 403,
    retryable: false,
    title: 'Only a signed-in person decides, never a token',
    remedy: 'Sign in to the console or with `ambit sign-in`, and decide there.',
  },
  'approval.too-many': {
    status: 429,
    retryable: true,
    title: 'Too many acts of this agent already wait for a person',
    remedy: 'Wait until some of them are decided, then try again.',
  },
} as const satisfies FaultRows
