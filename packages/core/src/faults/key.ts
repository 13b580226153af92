import type { FaultRows } from './row.ts'

export const keyFaults = {
  'key.missing': {
    status: 500,
    retryable: false,
    title: 'The master key of this node is not where the settings say',
    remedy:
      'Set AMBIT_MASTER_KEY to where it is, or restore it from a backup; without it nothing sealed can be read.',
  },
  'key.other': {
    status: 500,
    retryable: false,
    title: 'The master key is not the one this data was sealed with',
    remedy: 'Start the node with the key that belongs to this data folder.',
  },
  'key.passphrase': {
    status: 500,
    retryable: false,
    title: 'The passphrase does not open the master key',
    remedy: 'Put the right passphrase into the file that AMBIT_PASSPHRASE_FILE names.',
  },
  'key.malformed': {
    status: 500,
    retryable: false,
    title: 'The file of the master key is not of its form',
    remedy: 'Restore it from a backup; without it nothing sealed can be read.',
  },
  'key.program': {
    status: 503,
    retryable: true,
    title: 'The program that keeps the master key did not give it',
    remedy: 'Run the program by hand with `unwrap` and the file named as its input, and see what it says.',
  },
} as const satisfies FaultRows
