import type { FaultRows } from './row.ts'

/** Of the addresses that agents have of their own. */
export const agentAddressFaults = {
  'address.gone': {
    status: 410,
    retryable: false,
    title: 'The agent that had this address is out of service',
    remedy: 'Look for another agent in the registry; nobody else will be given this address.',
  },
  'address.off': {
    status: 409,
    retryable: false,
    title: 'This node gives agents no addresses of their own',
    remedy: 'Whoever runs the node sets AMBIT_IPV6_PREFIX to a range that is routed to it.',
  },
  'address.zone': {
    status: 400,
    retryable: false,
    title: 'No zone can be written with that',
    remedy:
      'Give the origin, name servers and contact as the domain name system has them, such as agents.example.',
  },
} as const satisfies FaultRows
