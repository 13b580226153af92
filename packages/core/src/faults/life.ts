import type { FaultRows } from './row.ts'

/** Of the life of a record: its name, its keepers, and how it is taken away. */
export const lifeFaults = {
  'record.name-confusable': {
    status: 409,
    retryable: false,
    title: 'That name can be taken for another one',
    remedy:
      'Choose a name that cannot be confused, or have an owner of your organisation confirm it (`confirmName`, `--confirm-name`).',
  },
  'record.name-unreadable': {
    status: 400,
    retryable: false,
    title: 'That name holds characters that people cannot see or tell apart',
    remedy: 'Write the name with visible characters, each word in one script.',
  },
  'record.name-reserved': {
    status: 409,
    retryable: false,
    title: 'That name belongs to the node or to an organisation that proved its domain',
    remedy: 'Choose another name; nobody can confirm this one.',
  },
  'record.renamed': {
    status: 410,
    retryable: false,
    title: 'The record has another name now',
    remedy: 'Ask for it under the name given in `where`.',
  },
  'record.name-held': {
    status: 409,
    retryable: false,
    title: 'That name was given up a short time ago and is kept free',
    remedy: 'Choose another name, or wait until the time given is over.',
  },
  'record.taken-down': {
    status: 409,
    retryable: false,
    title: 'The record was taken down by those who run the node',
    remedy: 'Ask those who run the node; only they can lift it.',
  },
  'record.quarantined': {
    status: 409,
    retryable: false,
    title: 'A name, key or address of a record that was taken down cannot be registered again',
    remedy: 'Ask those who run the node; it is free again when the takedown is lifted.',
  },
  'record.second-person': {
    status: 403,
    retryable: false,
    title: 'Who submits a version may not be the one who activates it',
    remedy: 'Ask another operator or owner of your organisation to activate it.',
  },
  'record.session': {
    status: 403,
    retryable: false,
    title: 'An API token loosens nothing that is in force',
    remedy:
      'Sign in, with `ambit login` or in the console, and do it again; what the token prepared stays as it is.',
  },
  'transfer.residue': {
    status: 503,
    retryable: true,
    title: 'Not everything that the former keeper holds of the record could be ended',
    remedy: 'Accept the transfer again; the record stays suspended until everything is ended.',
  },
  'transfer.state': {
    status: 409,
    retryable: false,
    title: 'The transfer is not one that can be decided now',
    remedy: 'Look at the transfers of your organisation; a new one can be offered.',
  },
} as const satisfies FaultRows
