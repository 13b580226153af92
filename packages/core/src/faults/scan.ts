import type { FaultRows } from './row.ts'

export const scanFaults = {
  'scan.network': {
    status: 403,
    retryable: false,
    title: 'That network is not one this node may scan',
    remedy:
      'A node scans its own machine (loopback). Other networks of your own need whoever runs the node to name them in AMBIT_SCAN_NETWORKS.',
  },
  'scan.too-large': {
    status: 400,
    retryable: false,
    title: 'That is more than one scan looks at',
    remedy: 'Scan smaller networks (a /20 at most) or fewer ports, one scan after the other.',
  },
  'scan.running': {
    status: 409,
    retryable: true,
    title: 'Another scan is under way',
    remedy: 'Wait until it has ended, or cancel it.',
  },
} as const satisfies FaultRows
