import type { FaultRows } from './row.ts'

export const ledgerFaults = {
  'ledger.full': {
    status: 507,
    retryable: true,
    title: 'The disk of the ledger is full, so no act can be recorded',
    remedy: 'Free space on the disk that holds the data folder; acts are refused until then.',
  },
  'ledger.away': {
    status: 503,
    retryable: true,
    title: 'The database of the ledger does not answer, so no act can be recorded',
    remedy: 'Check that PostgreSQL is running and reachable; the node goes on by itself when it is back.',
  },
  'ledger.not-durable': {
    status: 500,
    retryable: false,
    title: 'The database may lose what it has confirmed, so it cannot hold the ledger',
    remedy: 'Switch the setting that is named on in PostgreSQL, or use the file engine (AMBIT_LOG=file).',
  },
  'ledger.failed': {
    status: 503,
    retryable: false,
    title: 'The disk reported an error, so the ledger stopped recording',
    remedy:
      'Check the disk, then start the node again: it replays the log and keeps every acknowledged entry.',
  },
  'ledger.busy': {
    status: 503,
    retryable: true,
    title: 'More entries wait for the disk than the ledger may hold',
    remedy: 'Try again in a moment; if it stays so, the disk is slower than the acts come in.',
  },
  'ledger.closed': {
    status: 503,
    retryable: true,
    title: 'The ledger is closed and takes no entries',
    remedy: 'Try again once the node is up.',
  },
  'ledger.entry-too-large': {
    status: 413,
    retryable: false,
    title: 'The entry is longer than the ledger takes',
    remedy: 'Keep contents outside the log and write only their commitments.',
  },
  'ledger.not-found': {
    status: 404,
    retryable: false,
    title: 'The log has no entry at that index yet',
    remedy: 'Ask for an index below the size that the checkpoint names.',
  },
  'ledger.pruned': {
    status: 410,
    retryable: false,
    title: 'The entries of this log were deleted under the written retention',
    remedy:
      'Its hashes, its checkpoint and the list of logs stay, so receipts and proofs that somebody holds still verify.',
  },
  'ledger.lost': {
    status: 410,
    retryable: false,
    title: 'The entry was lost before the log was begun anew',
    remedy: 'The log that follows states the loss in its entry 1; ask whoever keeps a mirror for the entry.',
  },
  'ledger.shared': {
    status: 409,
    retryable: false,
    title: 'A log that several processes write does not change its key',
    remedy: 'Its keys are derived from the master key; a log with keys of its own is written by one process.',
  },
  'ledger.frozen': {
    status: 409,
    retryable: false,
    title: 'The log has ended: it takes no entries and its key is destroyed',
    remedy: 'Write to the log that follows it; the list of logs names it.',
  },
  'ledger.unpublished': {
    status: 503,
    retryable: true,
    title: 'The checkpoint could not be published',
    remedy: 'The entry itself is safe; ask for its proof again in a moment.',
  },
  'ledger.unwitnessed': {
    status: 503,
    retryable: true,
    title: 'Fewer witnesses signed the checkpoint than the policy of this log asks for',
    remedy: 'The entry itself is safe. See `ambit log status` for the witnesses that did not answer.',
  },
  'ledger.signer': {
    status: 503,
    retryable: true,
    title: 'The key of the log cannot be used, so that no checkpoint is signed',
    remedy:
      'Look at AMBIT_LOG_KEY and at the token it names; entries are safe, and signing goes on by itself.',
  },
  'ledger.unsigned': {
    status: 503,
    retryable: true,
    title: 'The log has not been signed for too long, so that no act begins',
    remedy:
      'Bring the token that AMBIT_LOG_KEY names back; what is written is safe, and acts begin again by themselves.',
  },
  'ledger.corrupt': {
    status: 500,
    retryable: false,
    title: 'Stored bytes of the ledger are not those that were written',
    remedy:
      'Stop the node and restore the file named from a backup or a mirror; nothing is repaired silently.',
  },
  'ledger.rolled-back': {
    status: 500,
    retryable: false,
    title: 'The log holds less than, or something else than, what was signed before',
    remedy: 'Restore the newer data folder; if it is lost, begin a new log and keep this one for evidence.',
  },
  'ledger.locked': {
    status: 503,
    retryable: false,
    title: 'Another process writes to this log',
    remedy: 'Stop the other process, or give this node a data folder of its own.',
  },
  'ledger.other-log': {
    status: 500,
    retryable: false,
    title: 'The folder holds the log of another origin or key',
    remedy: 'Start the node with the name and the key that the log began with, or with another data folder.',
  },
  'ledger.unreachable': {
    status: 502,
    retryable: true,
    title: 'The log could not be read, so nothing was checked',
    remedy: 'Check the address and the network, then try again; this says nothing about the log itself.',
  },
  'ledger.missing': {
    status: 404,
    retryable: true,
    title: 'The log does not serve a file that its checkpoint promises',
    remedy:
      'Ask again in a minute; if it stays away, keep the checkpoint and ask whoever runs the log for it.',
  },
  'ledger.damaged': {
    status: 502,
    retryable: false,
    title: 'A file of the log is not the one that its checkpoint signed',
    remedy: 'Keep the file and the checkpoint as evidence, and read the log from a mirror or a backup.',
  },
} as const satisfies FaultRows
