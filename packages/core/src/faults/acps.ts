import type { FaultRows } from './row.ts'

/** Of the interfaces of an ACPs registry; each has its own name or number in their answers (guide, acps.md). */
export const acpsFaults = {
  'acps.credentials': {
    status: 401,
    retryable: false,
    title: 'That user name and password do not belong together',
    remedy:
      'The user name is your id or name on this node; the password is an API token (amba_…) that you made in the console.',
  },
  'acps.registration': {
    status: 403,
    retryable: false,
    title: 'Nobody makes an account of this node for themselves',
    remedy:
      'Ask an owner to add you as a person, sign in once with their link, make an API token in the console, and log in with that.',
  },
  'acps.verification': {
    status: 403,
    retryable: false,
    title: 'This node takes no identity documents',
    remedy:
      'The organisation vouches for its people; prove its domains in the console or with `ambit domains`.',
  },
  'acps.specification': {
    status: 400,
    retryable: false,
    title: 'The capability specification may not be registered',
    remedy: 'Correct what the detail names and send it again.',
  },
  'acps.status': {
    status: 400,
    retryable: false,
    title: 'The agent is not at that step of its registration',
    remedy: 'Read the agent again: DRAFT and REJECTED are changed and submitted, PENDING is processed.',
  },
  'acps.too-many': {
    status: 429,
    retryable: true,
    title: 'Too many requests of one address',
    remedy: 'Wait a moment and ask again.',
  },
  'acps.code': {
    status: 400,
    retryable: false,
    title: 'That is no identity code that this registry issued',
    remedy: 'Check the ten arcs and the checksum; codes of other registries are asked for there.',
  },
  'acps.agent-unknown': {
    status: 404,
    retryable: false,
    title: 'No agent has that identity code',
    remedy: 'Check the code; an agent has none that counts before it is approved.',
  },
  'acps.agent-inactive': {
    status: 403,
    retryable: false,
    title: 'The agent is not active',
    remedy: 'Do not call it; ask again when its registry has enabled it.',
  },
  'acps.agent-bare': {
    status: 404,
    retryable: false,
    title: 'What has that identity code is no agent',
    remedy: 'Tool servers and models are described in other formats; see the public catalogue of the node.',
  },
  'acps.peer': {
    status: 401,
    retryable: false,
    title: 'An entity is registered with the client certificate of its ontology',
    remedy: 'Send it over mutual TLS to the port for agents, with that certificate.',
  },
  'acps.ontology-access': {
    status: 403,
    retryable: false,
    title: 'Whoever sends this may not register entities of that ontology',
    remedy:
      'Use the client certificate of the ontology itself, and the token of an operator of its organisation.',
  },
  'acps.ontology-unknown': {
    status: 404,
    retryable: false,
    title: 'There is no such ontology',
    remedy: 'Register the ontology first and have it approved.',
  },
  'acps.ontology-inactive': {
    status: 403,
    retryable: false,
    title: 'The ontology is not active',
    remedy: 'Have it enabled again by its organisation.',
  },
  'acps.quota': {
    status: 403,
    retryable: false,
    title: 'The ontology has as many entities as it may have',
    remedy: 'Retire entities that are not used, or ask the operator to raise AMBIT_ENTITIES_MAX.',
  },
  'acps.end-point': {
    status: 409,
    retryable: false,
    title: 'Another agent answers at that address',
    remedy: 'Give the entity an address of its own.',
  },
} as const satisfies FaultRows
