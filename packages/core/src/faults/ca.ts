import type { FaultRows } from './row.ts'

export const caFaults = {
  'ca.request': {
    status: 400,
    retryable: false,
    title: 'The certificate request is not one that this authority can read',
    remedy: 'Send a PKCS #10 request in DER whose signature is made with its own key.',
  },
  'ca.name': {
    status: 403,
    retryable: false,
    title: 'The certificate was asked for another identity code',
    remedy: 'Ask in the name of the record that you may act for, and for that one only.',
  },
  'ca.record': {
    status: 409,
    retryable: false,
    title: 'The record is not in force, so that nothing is certified of it',
    remedy: 'Bring the record on line (submit and activate it), then ask again.',
  },
  'ca.provider': {
    status: 409,
    retryable: false,
    title: 'The record lacks what its certificate has to say',
    remedy: 'Edit the record as the detail says, bring that version on line, then ask again.',
  },
  'ca.host': {
    status: 403,
    retryable: false,
    title: 'The record asks for a host in its certificate that is not proved to be its own',
    remedy: 'Prove the domain (ambit domains add), or edit the record so that it asks for other hosts.',
  },
  'ca.key': {
    status: 409,
    retryable: false,
    title: 'This key is not certified',
    remedy:
      'Make a new key for this agent alone: P-256, P-384, P-521, Ed25519, or RSA of at least 2048 bits.',
  },
  'ca.too-many': {
    status: 429,
    retryable: true,
    title: 'Too much was asked of the certificate authority',
    remedy: 'Wait a moment and ask again; revoke certificates that are not used any more.',
  },
  'ca.not-found': {
    status: 404,
    retryable: false,
    title: 'This authority gave no such certificate',
    remedy: 'List the certificates of the record and take the serial from there.',
  },
  'ca.peer': {
    status: 403,
    retryable: false,
    title: 'The certificate at the other end does not hold',
    remedy: 'Get a new certificate from the authority that keeps the record, and connect again.',
  },
  'ca.ended': {
    status: 500,
    retryable: false,
    title: 'The certificate authority of this node has ended',
    remedy: 'Its root or intermediate certificate is past its end; set up a new authority.',
  },
  'ca.signer': {
    status: 503,
    retryable: true,
    title: 'The key of the certificate authority cannot be used',
    remedy: 'Look at AMBIT_CA_KEY and at the token it names, then try again.',
  },
} as const satisfies FaultRows

/** Errors of the ACME interface; each has its own name in the answers (`urn:acps:error:acme:…`). */
export const acmeFaults = {
  'acme.nonce': {
    status: 400,
    retryable: true,
    title: 'The nonce was used before, has aged out, or is none of this node',
    remedy: 'Take the nonce of this answer and send the request once more.',
  },
  'acme.signature': {
    status: 400,
    retryable: false,
    title: 'The signature of the request does not hold',
    remedy: 'Sign with the key that the request names.',
  },
  'acme.malformed': {
    status: 400,
    retryable: false,
    title: 'The request is not of the form that ACME asks for',
    remedy: 'Send a flattened JWS as application/jose+json, as the detail says.',
  },
  'acme.algorithm': {
    status: 400,
    retryable: false,
    title: 'The request is signed with an algorithm that is not taken here',
    remedy: 'Sign with RS256, RS384, RS512, ES256, ES384, ES512 or EdDSA.',
  },
  'acme.binding': {
    status: 403,
    retryable: false,
    title: 'A new account needs an external account binding that holds',
    remedy:
      'Have the owner of the record make a new ACME credential; each is good for one account, for a day.',
  },
  'acme.account': {
    status: 400,
    retryable: false,
    title: 'There is no such account',
    remedy: 'Make an account first, with a credential of the record’s owner.',
  },
  'acme.order': {
    status: 404,
    retryable: false,
    title: 'There is no such order of this account',
    remedy: 'Make an order first and use the address that its answer names.',
  },
  'acme.order-state': {
    status: 403,
    retryable: false,
    title: 'The order is not at that step',
    remedy: 'Read the order again; one that is over is replaced by a new one.',
  },
  'acme.identifier': {
    status: 400,
    retryable: false,
    title: 'That is no identifier of an agent',
    remedy: 'Order for one identifier of type `agent`, with `usage` clientAuth or serverAuth.',
  },
  'acme.identifier-type': {
    status: 400,
    retryable: false,
    title: 'Only identifiers of type agent are certified here',
    remedy: 'Order for one identifier of type `agent`.',
  },
  'acme.unauthorized': {
    status: 403,
    retryable: false,
    title: 'This account may not do that',
    remedy: 'Act with the account of the record that it is about.',
  },
} as const satisfies FaultRows
