import type { FaultRows } from './row.ts'

export const contentsFaults = {
  'contents.busy': {
    status: 503,
    retryable: true,
    title: 'More contents of acts wait for the disk than the node may hold',
    remedy: 'Try again in a moment; if it stays so, the disk is slower than the acts come in.',
  },
  'contents.full': {
    status: 507,
    retryable: true,
    title: 'The disk for the contents of acts is full, so no act may begin',
    remedy: 'Free space on the disk that holds the data folder; acts are refused until then.',
  },
  'contents.failed': {
    status: 503,
    retryable: true,
    title: 'The contents of acts could not be written, so no act may begin',
    remedy:
      'Check the disk, or the store where contents are kept in PostgreSQL; it is tried again each second.',
  },
  'contents.damaged': {
    status: 500,
    retryable: false,
    title: 'Stored contents of acts are not those that were written, or were never written whole',
    remedy: 'Nothing else is affected. Restore the file named from a backup if they are needed.',
  },
  'contents.erased': {
    status: 410,
    retryable: false,
    title: 'What was said in this act was erased',
    remedy: 'Nobody can bring it back; the receipt still proves that the act happened.',
  },
  'contents.frozen': {
    status: 409,
    retryable: false,
    title: 'The contents of this person are kept, and opened for nobody',
    remedy: 'An owner can release them with `ambit erase --release`.',
  },
  'contents.not-yours': {
    status: 403,
    retryable: false,
    title: 'Contents are opened only for the person whose act it is',
    remedy: 'Ask that person to open them and to give you the receipt with its openings.',
  },
} as const satisfies FaultRows
