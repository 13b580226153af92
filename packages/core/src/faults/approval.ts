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
  'approval.expired': {
    status: 409,
    retryable: false,
    title: 'Its time is over, and no answer is a refusal',
    remedy: 'If it is still wanted, the agent has to ask again.',
  },
  'approval.edit': {
    status: 422,
    retryable: false,
    title: 'The values cannot be changed like this',
    remedy:
      'Change only values that stand on the card, to what the capability takes; or refuse, and say why.',
  },
  'approval.plan-mode': {
    status: 429,
    retryable: true,
    title: 'You were asked much, or answered very quickly',
    remedy: 'Look at everything the agent wants as one list and approve that, or wait ten minutes.',
  },
  'approval.plan': {
    status: 422,
    retryable: false,
    title: 'These acts cannot be put on one list',
    remedy:
      'Put up to 50 acts of one agent on a list, and ask about acts that two people must approve one by one.',
  },
  'approval.second-person': {
    status: 409,
    retryable: false,
    title: 'You have agreed; another person must agree too',
    remedy: 'Ask the person it is for, or an owner or approver of the organisation.',
  },
  'approval.step-up': {
    status: 403,
    retryable: false,
    title: 'This needs your passkey, over exactly this card',
    remedy:
      'Approve it in the console with your passkey; where you have none yet, add one there under Account.',
  },
  'approval.standing': {
    status: 422,
    retryable: false,
    title: 'This cannot be approved for later calls too',
    remedy: 'Approve it once. What cannot be undone, or needs a passkey or two people, is asked every time.',
  },
  'approval.stop': {
    status: 409,
    retryable: false,
    title: 'This agent cannot be stopped from here',
    remedy: 'The act is not refused yet: refuse it without stopping, then revoke its mandate.',
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
