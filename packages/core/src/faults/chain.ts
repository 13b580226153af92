import type { FaultRows } from './row.ts'

const askAnew = 'Ask whoever handed it on for a chain that is whole and in order.'

/** What is wrong with a chain of mandates that somebody shows: each flaw has its own code. */
export const chainFaults = {
  'chain.length': {
    status: 400,
    retryable: false,
    title: 'The chain has no links, or too many',
    remedy: askAnew,
  },
  'chain.form': {
    status: 400,
    retryable: false,
    title: 'A link of the chain is no signed mandate',
    remedy: 'Send a JSON array of signed mandates, root first; the form is in contracts/mandate.schema.json.',
  },
  'chain.signature': {
    status: 400,
    retryable: false,
    title: 'A signature in the chain does not hold',
    remedy: 'Send the links exactly as they were signed.',
  },
  'chain.issuer': {
    status: 400,
    retryable: false,
    title: 'A link was not issued by the holder of the link above it',
    remedy: 'Let the holder of the link above sign it.',
  },
  'chain.truncated': {
    status: 400,
    retryable: false,
    title: 'The chain lacks its beginning',
    remedy: askAnew,
  },
  'chain.cycle': {
    status: 400,
    retryable: false,
    title: 'Two links of the chain have one id',
    remedy: askAnew,
  },
  'chain.parent': {
    status: 400,
    retryable: false,
    title: 'The links of the chain are not in order',
    remedy: askAnew,
  },
  'chain.subject': {
    status: 400,
    retryable: false,
    title: 'The links of the chain speak for different people',
    remedy: 'A link speaks for the same person and organisation as the link above it.',
  },
  'chain.window': {
    status: 400,
    retryable: false,
    title: 'A link of the chain begins before or ends after the link above it',
    remedy: 'Sign it again with a time within that of the link above.',
  },
  'chain.depth': {
    status: 400,
    retryable: false,
    title: 'The mandate may not be handed on so often',
    remedy: 'Ask the person for a mandate with a larger `delegate.depthMax`.',
  },
  'chain.delegate': {
    status: 400,
    retryable: false,
    title: 'The mandate may not be handed to that holder',
    remedy: 'Hand it to a key that `delegate.to` of the link above names.',
  },
  'chain.task': {
    status: 400,
    retryable: false,
    title: 'The chain changes the words of the person',
    remedy: 'Leave `task` as it is in the link above: those words come from the person only.',
  },
  'chain.widened': {
    status: 400,
    retryable: false,
    title: 'A link of the chain allows more than the link above it',
    remedy: 'Tighten the member named, or ask the person for a wider mandate.',
  },
  'chain.root': {
    status: 400,
    retryable: false,
    title: 'The chain does not begin with a mandate given on this node',
    remedy: 'Begin it with the mandate as this node gave it; one that is over is given anew.',
  },
  'chain.taken': {
    status: 409,
    retryable: false,
    title: 'Another mandate has the id of a link',
    remedy: 'Sign the link again under a fresh id.',
  },
  'chain.agent': {
    status: 403,
    retryable: false,
    title: 'A link names an agent that does not hold it',
    remedy: 'Name the agent whose record has the key of the holder, or leave `agent` out.',
  },
  'chain.holder': {
    status: 403,
    retryable: false,
    title: 'The chain was handed to another key than the one proven',
    remedy: 'Prove the key that holds the last link.',
  },
  'chain.not-yet': {
    status: 409,
    retryable: true,
    title: 'The chain has not begun',
    remedy: 'Wait until it begins; where it should have begun, compare the clocks.',
  },
} as const satisfies FaultRows
