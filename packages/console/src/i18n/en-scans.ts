import type { Finding, Scan } from '../api/scans.ts'

/** The search for agents that nobody registered. */
export const enScans = {
  scans: {
    title: 'Found',
    lead: 'What speaks MCP or A2A on this machine or on networks of your own, and whether anybody registered it.',
    notYours: 'Only those who run this node may look.',
    networks: 'Networks',
    networksHelp: (allowed: string) => `Empty: this machine. Allowed: ${allowed}.`,
    ports: 'Ports',
    portsHelp: 'Empty: where agents are likely to listen. Numbers with commas between them.',
    start: 'Look',
    starting: 'Looking…',
    cancel: 'Stop looking',
    none: 'Nobody has looked since this node started.',
    harmless:
      'Each open port gets a few greetings without credentials: no tool is called. That you looked is written into the log.',
    states: {
      running: 'Looking',
      done: 'Done',
      cancelled: 'Stopped',
      'out-of-time': 'Out of time',
      failed: 'Failed',
    } satisfies Record<Scan['state'], string>,
    progress: (tried: number, of: number, open: number) => `${tried} of ${of} ports tried, ${open} open`,
    nothing: 'Nothing that speaks MCP or A2A answers there.',
    more: (n: number) => `${n} more were found than are kept.`,
    standings: {
      unregistered: 'Not registered',
      registered: 'Registered',
      own: 'This node',
    } satisfies Record<Finding['standing'], string>,
    unnamed: 'Says no name',
    wantsCredentials: 'Wants credentials',
    notCallable: 'Before it can be registered, AMBIT_ALLOW_ADDRESSES has to name its address.',
    draft: 'Make a draft',
    drafting: 'Reading…',
    drafted: 'Draft made',
  },
}
