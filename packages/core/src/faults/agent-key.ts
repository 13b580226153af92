import type { FaultRows } from './row.ts'

export const agentKeyFaults = {
  'agent-key.taken': {
    status: 409,
    retryable: false,
    title: 'That key is or was another agent’s',
    remedy: 'Make a new key for this agent: a key belongs to one agent for ever.',
  },
  'agent-key.compromised': {
    status: 409,
    retryable: false,
    title: 'That key was reported compromised',
    remedy: 'Make a new key: a compromised one is never taken again.',
  },
  'agent-key.proof': {
    status: 400,
    retryable: false,
    title: 'It is not proved that the key is held by whoever names it',
    remedy: 'Sign the statement with the key itself, over a fresh challenge, and send it with the key.',
  },
  'agent-key.stale': {
    status: 400,
    retryable: true,
    title: 'The statement is too old, or of a time to come',
    remedy: 'Check the clock of the machine that signs, and sign the statement anew.',
  },
  'agent-key.replayed': {
    status: 409,
    retryable: false,
    title: 'That statement was used before',
    remedy: 'Sign a new one with another nonce.',
  },
  'agent-key.state': {
    status: 409,
    retryable: false,
    title: 'The key is not in a state that allows this',
    remedy: 'Look at the keys of the agent with `ambit keys agent list`; a person can recover it.',
  },
  'agent-key.removal': {
    status: 409,
    retryable: false,
    title: 'A document takes no key away',
    remedy:
      'Name the keys that the agent has, or leave `keys` out; rotate, recover or report a key to end it.',
  },
  'agent-key.second-person': {
    status: 409,
    retryable: false,
    title: 'Recovery waits for a second person',
    remedy: 'Another owner or operator of the organization confirms it.',
  },
  'alias.invalid': {
    status: 400,
    retryable: false,
    title: 'The alias is not a DID that can be read',
    remedy: 'Write the domain in lower case, in its `xn--` form, and every segment in its own spelling.',
  },
  'alias.unproved': {
    status: 400,
    retryable: false,
    title: 'The domain does not say that the alias is this agent’s',
    remedy:
      'Put a key of the record into the document at that address, under `authentication` or `assertionMethod`, and try again.',
  },
  'alias.taken': {
    status: 409,
    retryable: false,
    title: 'The alias is another agent’s',
    remedy: 'Use another alias, or take it out of the other record first.',
  },
} as const satisfies FaultRows
